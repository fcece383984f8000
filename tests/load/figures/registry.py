"""All figures, in the order in which they run."""

from tests.load.bench import Figure
from tests.load.figures.agents import Agents
from tests.load.figures.by_ghz import ByGhz
from tests.load.figures.interference import Interference
from tests.load.figures.logs.appended_lines import AppendedLines
from tests.load.figures.logs.log_on_disk import LogOnDisk
from tests.load.figures.logs.long_log import LongLog
from tests.load.figures.logs.replay import Replay
from tests.load.figures.logs.search import Search
from tests.load.figures.many_builds import ManyBuilds
from tests.load.figures.moving_house import MovingHouse
from tests.load.figures.postgres.across_services import AcrossServices
from tests.load.figures.postgres.outages import PostgresFailover, PostgresRestart
from tests.load.figures.postgres.replay import PostgresReplay
from tests.load.figures.postgres.writes import PostgresWrites
from tests.load.figures.start import Start
from tests.load.figures.streams.broken_readers import BrokenReaders
from tests.load.figures.streams.burst import Burst
from tests.load.figures.streams.fan_out import FanOut
from tests.load.figures.streams.feed import Feed
from tests.load.figures.streams.latency import Latency
from tests.load.figures.streams.observations import Observations
from tests.load.figures.unary_writes import UnaryWrites

FIGURES: tuple[Figure, ...] = (
    UnaryWrites(),
    AppendedLines(),
    Replay(),
    ByGhz(),
    FanOut(),
    LogOnDisk(),
    Latency(),
    Observations(),
    Search(),
    Burst(),
    BrokenReaders(),
    Interference(),
    Feed(),
    ManyBuilds(),
    Start(),
    Agents(),
    PostgresWrites(),
    PostgresReplay(),
    AcrossServices(),
    PostgresRestart(),
    PostgresFailover(),
    LongLog("long-log", 1_000_000, by_default=True),
    LongLog("longer-log", 10_000_000, by_default=False),
    MovingHouse(),
)
