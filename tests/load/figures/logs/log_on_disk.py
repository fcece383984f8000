"""The size of a finished log."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import zstandard

from millstream import Build, Client
from tests.load.bench import Bench, recorded
from tests.load.measures import Line
from tests.load.processes import service

_LOGS = Path(__file__).parents[3] / "samples" / "logs"
_XCODEBUILD = _LOGS / "xcodebuild15.1_clean_build_succeeded_2.8MB.log"
_USUAL_LEVEL = 3


class LogOnDisk:
    """What the log of a real build takes on the disk once the build has ended, in proportion to its text.

    The sample (a clean build with xcodebuild 15.1) is written with a LogWriter, so every line has its number, level
    and time; the build is ended, and merged. Counted: the bytes of its chunks, and how much the database file has
    grown, with all that goes with a log. The floor of the first two lines is the text as a file. The third is the sum
    over all samples, small ones and large: their chunks as they are stored, beside `zstd -3` of each bare text, which
    knows of no lines, times or levels, and can't be read from the middle.
    """

    name = "disk"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Write the samples and look at the file."""
        text = _XCODEBUILD.read_bytes()
        others = [sample for sample in sorted(_LOGS.glob("*.log")) if sample != _XCODEBUILD]
        texts = sum(len(_zstd(sample.read_bytes())) for sample in (_XCODEBUILD, *others))
        name = "finished xcodebuild log"
        note = f"zstd -{_USUAL_LEVEL} of the text: {len(_zstd(text)) / len(text):.4f}"
        with bench.new_folder() as folder:
            store = _Store(folder / "millstream.sqlite3", 1 + len(others))
            grown = store.record([_XCODEBUILD])
            chunks = store.chunk_bytes()
            yield Line(f"{name}: its chunks", " B", chunks, len(text), "its text", 0.05, most=True, note=note)
            yield Line(f"{name}: growth of the file", " B", grown, len(text), "its text", 0.05, most=True)
            store.record(others)
            name = f"chunks of all {1 + len(others)} finished samples"
            yield Line(
                name, " B", store.chunk_bytes(), texts, f"zstd -{_USUAL_LEVEL} of the bare texts", 1.2, most=True
            )


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_USUAL_LEVEL).compress(data)


class _Store:
    """A database with builds that have no log yet."""

    def __init__(self, path: Path, builds: int) -> None:
        self._path = path
        with service(path) as server, recorded(server, builds) as (_, made):
            self._builds = made

    def record(self, samples: Sequence[Path]) -> int:
        """Write samples as logs of builds, end these, and return by how many bytes the file has grown."""
        before = self._path.stat().st_size
        with service(self._path) as server:
            for sample in samples:
                _record(server.address, self._builds.pop(), sample)
            server.wait_until_quiet()
        return self._path.stat().st_size - before

    def chunk_bytes(self) -> int:
        """Return the bytes of all chunks."""
        with closing(sqlite3.connect(self._path)) as connection:
            return int(connection.execute("SELECT sum(length(payload)) FROM build_log_chunks").fetchone()[0])


def _record(address: str, build: str, sample: Path) -> None:
    with Client(address) as client:
        with client.builds.log_writer(build) as log:
            for line in sample.read_text(errors="replace").splitlines():
                log.write(line)
        client.builds.update_build(Build(id=build, status="BUILD_STATUS_COMPLETED"), ["status"])
