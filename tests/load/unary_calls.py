"""Unary calls beside empty ones: how a figure of them is taken."""

from dataclasses import dataclass

from tests.load.bench import Bench
from tests.load.measures import Line, Times, alternate, middle
from tests.load.processes import Generator, Loaded, Server, cost_text, together

Requests = list[list[str]]
"""What each of the callers sends, again and again: bytes as JSON carries them."""


@dataclass(frozen=True)
class Calls:
    """Calls of a method, as many at once as there are callers. `answer` is what an answer looks like."""

    name: str
    method: str
    requests: Requests
    answer: bytes
    target: float

    def measured(self, bench: Bench, generator: Generator, service: Server) -> Line:
        """Make them, in turn to the service and to a bare server that gives such an answer to each."""
        with bench.answering(self.answer) as bare:
            floors, figures = alternate(
                bench.rounds, lambda: self._made(bench, generator, bare), lambda: self._made(bench, generator, service)
            )
        return Line(
            self.name,
            "/s",
            middle([one.result["rate"] for one in figures]),
            middle([one.result["rate"] for one in floors]),
            "empty calls",
            target=self.target,
            times=Times.of_all(one.result["times"] for one in figures),
            floor_times=Times.of_all(one.result["times"] for one in floors),
            note=cost_text(figures, floors, "calls", "a call"),
        )

    def _made(self, bench: Bench, generator: Generator, server: Server) -> Loaded:
        parameters = {"method": self.method, "requests": self.requests, "seconds": bench.seconds}
        return together(server, [(generator, "unary", parameters)])
