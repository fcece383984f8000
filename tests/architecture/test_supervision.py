"""Whatever runs beside the calls is supervised, and its failure is tested: nothing is started that could end unseen."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from tests.architecture.modules import modules
from tests.supervision.faults import FAULTS

STARTING = {
    "Thread",
    "Timer",
    "ThreadPoolExecutor",
    "ProcessPoolExecutor",
    "TaskGroup",
    "create_task",
    "ensure_future",
    "run_in_executor",
    "run_coroutine_threadsafe",
    "call_at",
    "call_later",
    "call_soon",
    "call_soon_threadsafe",
    "add_done_callback",
    "add_reader",
    "add_signal_handler",
    "add_writer",
}
"""What begins something whose error nobody may wait for."""

PLACES = {
    ("background", "create_task"): (2, "what supervises, and what waits for events, which does not fail"),
    ("__main__", "add_signal_handler"): (1, "sets an event"),
    ("embedded", "Thread"): (1, "its error is raised to who leaves the block"),
    ("embedded", "call_soon_threadsafe"): (1, "sets an event"),
    ("freed_memory", "Thread"): (1, "it gives memory back; without it more is kept, and nothing else changes"),
    ("handlers.shared.appending", "create_task"): (2, "both are waited for before the call ends"),
    ("handlers.change", "ensure_future"): (1, "all who need the messages wait for it"),
    ("handlers.shared.page_budget", "add_done_callback"): (1, "takes an error that concerns nobody any more"),
    ("handlers.logs.searching", "create_task"): (1, "the search waits for it"),
    ("handlers.logs.tailing", "create_task"): (1, "the tail waits for it, or drops it"),
    ("reactive.merging", "create_task"): (1, "its reader raises what one fails with: tests/handlers/test_merging.py"),
    ("reactive.observatory", "ensure_future"): (1, "all who need the messages wait for it"),
    ("reactive.shared_reads", "add_done_callback"): (1, "takes an error that concerns nobody any more"),
    ("reactive.shared_reads", "create_task"): (1, "all who asked wait for it"),
    ("rpc.read_turns", "call_later"): (1, "lets the next one have its turn, or looks again later"),
    ("rpc.transports.http_call", "call_later"): (1, "cancels a call whose deadline has passed"),
    ("rpc.transports.native", "add_done_callback"): (1, "ends the service"),
    ("rpc.transports.native", "create_task"): (1, "its end ends the service"),
    ("store.database.lanes", "ThreadPoolExecutor"): (1, "an error is its caller's; the threads' beginning has none"),
    ("store.database.lanes", "run_in_executor"): (1, "the caller waits for it"),
    ("store.entities.purging", "call_later"): (1, "sets an event"),
    ("store.writing.writer", "Thread"): (1, "what ends it ends the service: see tests/supervision/test_writer.py"),
    ("store.writing.writer", "call_later"): (1, "likewise"),
    ("store.writing.writer", "call_soon_threadsafe"): (2, "likewise"),
}
"""The module, how many, and who takes their errors."""


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for module in modules("service"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                yield module.name.removeprefix("millstream_service."), node


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_each_place_that_starts_something_says_who_takes_its_error() -> None:
    found = Counter((module, _name(call)) for module, call in _calls() if _name(call) in STARTING)
    assert found == {place: count for place, (count, _) in PLACES.items()}


def test_each_supervised_task_has_a_fault_in_the_tests() -> None:
    patterns = {
        _pattern(call.args[1])
        for _, call in _calls()
        if _name(call) == "start" and "supervisor" in ast.unparse(call.func) and len(call.args) > 1
    }
    unknown = {one for one in patterns if not any(re.fullmatch(one, fault.task) for fault in FAULTS)}
    assert not unknown, "each has a row in tests/supervision/faults.py"
    assert all(any(re.fullmatch(one, fault.task) for one in patterns) for fault in FAULTS), "no row is out of date"


def _pattern(name: ast.expr) -> str:
    """Return what a task's name looks like, which may be put together of several parts."""
    parts = name.values if isinstance(name, ast.JoinedStr) else [name]
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in parts)
