"""A long log of a build that has ended: what replay, search and tails read."""

from dataclasses import dataclass
from pathlib import Path

from millstream import Build, Client
from millstream.builds.v1.backend_service_pb2 import TailBuildLogsRequest, TailBuildLogsResponse
from tests.load import messages
from tests.load.loads.wire import packed
from tests.load.processes import Generator, Server

LENGTH = 120


@dataclass(frozen=True)
class FinishedLog:
    """The log of a build, lines of 120 bytes, merged to its end."""

    service: Server
    build: str

    @property
    def request(self) -> str:
        """What asks for all of it."""
        return packed([TailBuildLogsRequest(build_id=self.build).SerializeToString()])[0]

    def save(self, generator: Generator, path: Path) -> dict[str, int]:
        """Write the messages of a tail to a file; return how many there are, and their bytes."""
        found: dict[str, int] = generator.run(
            "drain", address=self.service.address, method="TailBuildLogs", request=self.request, save=str(path)
        )
        return found

    def save_text(self, generator: Generator, path: Path) -> None:
        """Write the text of the lines to a file."""
        saved = path.with_suffix(".messages")
        self.save(generator, saved)
        with path.open("w") as file:
            for message in messages.read(saved):
                file.writelines(f"{line.content}\n" for line in TailBuildLogsResponse.FromString(message).build_logs)
        saved.unlink()


def finished_log(
    service: Server, generator: Generator, client: Client, build: str, lines: int, category: str = ""
) -> FinishedLog:
    """Write so many lines, end the build, and wait until the log is merged. Some are of the category, if any."""
    log = {"max_lines": lines, "length": LENGTH, "category": category}
    generator.run("append", address=service.address, builds=[build], writer_id="load", **log)
    client.builds.update_build(Build(id=build, status="BUILD_STATUS_COMPLETED"), ["status"])
    service.wait_until_quiet()
    return FinishedLog(service, build)
