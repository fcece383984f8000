"""Builds to ask for, recorded by a service of the test's own."""

from collections.abc import AsyncIterator, Sequence

import pytest

from millstream import Build, BuildLogEntry, BuildStatus, Client
from millstream.testing import MillstreamService
from tests.entities import at, build, project, scheme
from tests.mcp.tools import Tools, in_one_task, served_here

COMPLETED, FAILED = BuildStatus.BUILD_STATUS_COMPLETED, BuildStatus.BUILD_STATUS_FAILED


class Record:
    """Two projects, `kettle` with the schemes `debug` and `release`, and `teapot` with `brew`."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._minutes = 0
        client.builds.create_project(project("kettle"), [scheme("debug", "kettle"), scheme("release", "kettle")])
        client.builds.create_project(project("teapot"), [scheme("brew", "teapot")])

    def build(
        self, key: str, scheme_id: str = "debug", lines: Sequence[BuildLogEntry] = (), status: BuildStatus = FAILED
    ) -> Build:
        """Record a build a minute after the one before, and its log."""
        self._minutes += 1
        begun = at(60 * self._minutes)
        fields = {"created_at": begun, "start_date": begun, "end_date": at(60 * self._minutes + 3)}
        made = self.client.builds.create_build(build(key, scheme_id, status=status, **fields)).build
        with self.client.builds.log_writer(made.id) as log:
            for line in lines:
                log.write_entry(line)
        return made


@pytest.fixture
def record(millstream_client: Client) -> Record:
    return Record(millstream_client)


@pytest.fixture
async def tools(millstream_service: MillstreamService) -> AsyncIterator[Tools]:
    """A session with a server in this process."""
    async with in_one_task(served_here(millstream_service.address)) as tools:
        yield tools
