"""The recorder's process: started by `millstream run`, not by people."""

import sys

from millstream import short_life

short_life.begin()

from millstream.run.recording.recorder import main  # noqa: E402 - what it loads, the collector is to leave alone

main(sys.argv[1:])
short_life.end(0)
