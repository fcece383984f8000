"""The recorder's process: started by `millstream run`, not by people."""

import sys

from millstream.run.recording.recorder import main

main(sys.argv[1:])
