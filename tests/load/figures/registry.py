"""All figures, in the order in which they run."""

from tests.load.bench import Figure
from tests.load.figures.appended_lines import AppendedLines
from tests.load.figures.fan_out import FanOut
from tests.load.figures.log_on_disk import LogOnDisk
from tests.load.figures.replay import Replay
from tests.load.figures.unary_writes import UnaryWrites

FIGURES: tuple[Figure, ...] = (UnaryWrites(), AppendedLines(), Replay(), FanOut(), LogOnDisk())
