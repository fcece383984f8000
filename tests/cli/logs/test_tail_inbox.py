"""What a tail receives is shown whole, in order, whichever side is quicker."""

import threading
from collections.abc import Callable, Iterator

import pytest

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.builds.v1.build_pb2 import Build
from millstream.cli.logs.tail_inbox import TailInbox
from tests.deadline import patience

MakeLine = Callable[..., BuildLog]


def _start(feed: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=feed, args=arguments, daemon=True)
    thread.start()
    return thread


def _take_all(inbox: TailInbox) -> Iterator[list[BuildLog]]:
    ended = False
    while not ended:
        lines, _, ended = inbox.take(10)
        yield lines


def test_each_line_comes_once_and_in_order_through_a_small_inbox(make_line: MakeLine) -> None:
    inbox = TailInbox(capacity=7)
    _start(inbox.feed_lines, [make_line(seq) for seq in range(1, 501)])
    batches = list(_take_all(inbox))
    assert [line.seq for batch in batches for line in batch] == list(range(1, 501))
    assert max(len(batch) for batch in batches) <= 7


def test_an_error_comes_after_the_lines_before_it(make_line: MakeLine) -> None:
    def lines() -> Iterator[BuildLog]:
        yield make_line(1)
        raise ValueError("gone")

    inbox = TailInbox()
    _start(inbox.feed_lines, lines()).join(patience(10))
    taken = inbox.take(10)
    assert [line.seq for line in taken.lines] == [1]
    assert not taken.ended
    with pytest.raises(ValueError, match="gone"):
        inbox.take(10)


def test_the_newest_state_of_the_build_replaces_the_one_before() -> None:
    inbox = TailInbox()
    inbox.feed_builds([Build(progress=0.1), Build(progress=0.2), None])
    build = inbox.take(10).build
    assert build is not None
    assert build.progress == 0.2
    assert inbox.take(0).build is None


def test_an_error_of_the_state_ends_the_tail() -> None:
    def states() -> Iterator[Build]:
        yield Build(progress=0.1)
        raise ValueError("gone")

    inbox = TailInbox()
    inbox.feed_builds(states())
    with pytest.raises(ValueError, match="gone"):
        inbox.take(10)


def test_a_reader_that_waits_for_room_is_let_go_at_the_end(make_line: MakeLine) -> None:
    inbox = TailInbox(capacity=1)
    inbox.put_line(make_line(1))
    waiting = _start(inbox.put_line, make_line(2))
    inbox.end()
    waiting.join(patience(10))
    assert not waiting.is_alive()
