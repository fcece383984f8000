"""The journal promises: what was appended is read in order and once, and a torn end is as if it were not there."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from millstream.run.spool.journal import PAYLOAD_LIMIT, Ending, JournalReader, JournalWriter, Kind, Record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def written(path: Path, *payloads: bytes) -> bytes:
    with JournalWriter(path) as writer:
        for payload in payloads:
            writer.append(Kind.STDOUT, payload)
    return path.read_bytes()


def read(path: Path) -> list[Record]:
    with JournalReader(path) as reader:
        return list(reader.read())


def test_records_come_back_in_order(path: Path) -> None:
    with JournalWriter(path) as writer:
        writer.append(Kind.STARTED)
        writer.append(Kind.STDOUT, b"one\n")
        writer.append(Kind.STDERR, b"\x00\xff")
        writer.end(Ending(143, stopped=True))
    records = read(path)
    assert [record.kind for record in records] == [Kind.STARTED, Kind.STDOUT, Kind.STDERR, Kind.ENDED]
    assert [record.payload for record in records[:3]] == [b"", b"one\n", b"\x00\xff"]
    assert records[-1].ending == Ending(143, stopped=True)
    assert sorted(record.time_us for record in records) == [record.time_us for record in records]


def test_a_reader_goes_on_where_it_stopped(path: Path) -> None:
    with JournalWriter(path) as writer, JournalReader(path) as reader:
        assert list(reader.read()) == []
        for payload in (b"a", b"b" * PAYLOAD_LIMIT, b"c"):
            writer.append(Kind.STDOUT, payload)
            assert [record.payload for record in reader.read()] == [payload]
        assert list(reader.read()) == []


def test_records_that_span_many_blocks_come_once(path: Path) -> None:
    payloads = [bytes([number]) * (PAYLOAD_LIMIT - number) for number in range(20)]
    written(path, *payloads)
    assert [record.payload for record in read(path)] == payloads


def test_a_torn_end_is_ignored_wherever_it_is_torn(path: Path) -> None:
    whole = written(path, b"first\n", b"second\n")
    size_of_first = len(whole) - (len(whole) - len(b"first\nsecond\n")) // 2 - len(b"second\n")
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        expected = [b"first\n"] if size >= size_of_first else []
        assert [record.payload for record in read(path)] == expected, size


@pytest.mark.parametrize("tail", [bytes(100), b"\x02" + b"\xff" * 40, b"\x02\x01\x00\x00\x00" + bytes(30)])
def test_what_a_power_cut_leaves_behind_is_ignored(path: Path, tail: bytes) -> None:
    path.write_bytes(written(path, b"first\n") + tail)
    assert [record.payload for record in read(path)] == [b"first\n"]


def test_a_damaged_record_ends_the_journal(path: Path) -> None:
    whole = bytearray(written(path, b"first\n", b"second\n"))
    whole[-3] ^= 1
    path.write_bytes(whole)
    assert [record.payload for record in read(path)] == [b"first\n"]


def test_what_has_no_room_is_counted_and_the_count_recorded_once_there_is_room(path: Path) -> None:
    with JournalWriter(path) as writer:
        writer.append(Kind.STDOUT, b"before")
        with file_size_limit(path.stat().st_size):
            writer.append(Kind.STDOUT, b"x" * PAYLOAD_LIMIT)
            writer.append(Kind.STDERR, b"y" * (PAYLOAD_LIMIT - 1))
        writer.append(Kind.STDOUT, b"after")
    records = read(path)
    assert [record.kind for record in records] == [Kind.STDOUT, Kind.LOST, Kind.STDOUT]
    assert records[1].lost == PAYLOAD_LIMIT * 2 - 1
    assert records[2].payload == b"after"


def test_there_is_always_room_to_say_how_it_ended(path: Path) -> None:
    with JournalWriter(path) as writer, file_size_limit(path.stat().st_size):
        for number in range(2000):
            writer.append(Kind.STDOUT, bytes(100 + number % 7))
        writer.end(Ending(3, stopped=False))
    records = read(path)
    assert records[-1].ending == Ending(3, stopped=False)
    lost = sum(record.lost for record in records if record.kind is Kind.LOST)
    kept = sum(len(record.payload) for record in records if record.kind is Kind.STDOUT)
    assert lost + kept == sum(100 + number % 7 for number in range(2000))


def test_what_was_taken_ahead_is_given_back(path: Path) -> None:
    whole = written(path, b"first\n")
    assert len(whole) < 100


def test_only_its_owner_may_read_it(path: Path) -> None:
    written(path, b"secret")
    assert path.stat().st_mode & 0o777 == 0o600


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
