"""A journal always makes the same lines, however it was written and whenever it is read."""

from millstream import BuildLogLevel
from millstream.run.recording.transcript import OWN_CATEGORY, Transcript
from millstream.run.spool.journal import Kind, Record


def contents(transcript: Transcript, *records: tuple[Kind, bytes]) -> list[str]:
    return [line.content for kind, data in records for line in transcript.lines(Record(kind, 0, data))]


def test_the_streams_do_not_mix() -> None:
    transcript = Transcript()
    records = [(Kind.STDOUT, b"out "), (Kind.STDERR, b"err "), (Kind.STDOUT, b"1\n"), (Kind.STDERR, b"2\nleft")]
    assert contents(transcript, *records) == ["out 1", "err 2"]
    assert [line.content for line in transcript.close(broken_off=False)] == ["left"]


def test_lines_say_which_stream_they_came_from() -> None:
    transcript = Transcript()
    lines = [*transcript.lines(Record(Kind.STDOUT, 0, b"a\n")), *transcript.lines(Record(Kind.STDERR, 0, b"b\n"))]
    assert [line.category for line in lines] == ["stdout", "stderr"]


def test_progress_is_that_of_either_stream() -> None:
    transcript = Transcript()
    assert transcript.progress == 0.0
    contents(transcript, (Kind.STDOUT, b"[1/4] CC a.o\n"), (Kind.STDERR, b"[ 50%] Building b\n"))
    assert transcript.progress == 0.5


def test_what_is_missing_is_said() -> None:
    transcript = Transcript()
    contents(transcript, (Kind.STDOUT, b"torn"))
    torn, line = transcript.lines(Record(Kind.LOST, 0, (1234).to_bytes(8, "little")))
    assert torn.content == "torn"
    assert line.content == "1,234 bytes of output are missing here: the spool's disk was full"
    assert (line.level, line.category) == (BuildLogLevel.BUILD_LOG_LEVEL_WARNING, OWN_CATEGORY)
    (last,) = Transcript().close(broken_off=True)
    assert last.content == "the recording broke off here"
