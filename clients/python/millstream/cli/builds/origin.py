"""Which project and which scheme a build is of."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme

if TYPE_CHECKING:
    from millstream import AsyncClient, Client


class Origin(NamedTuple):
    """What a build is of; empty messages where it was deleted meanwhile."""

    project: Project
    scheme: Scheme


Origins = dict[str, Origin]
"""By the id of the scheme."""

NOWHERE = Origin(Project(), Scheme())


def find_origins(client: "Client", builds: Iterable[Build]) -> Origins:
    """Return the origin of each of these builds: two calls for each scheme."""
    return {scheme_id: find_origin(client, scheme_id) for scheme_id in {build.scheme_id for build in builds}}


def find_origin(client: "Client", scheme_id: str) -> Origin:
    """Return the origin of the builds of one scheme."""
    from millstream.errors import NotFoundError

    try:
        scheme = client.builds.get_scheme(scheme_id)
        return Origin(client.builds.get_project(scheme.project_bundle_identifier), scheme)
    except NotFoundError:
        return NOWHERE


async def find_origin_async(client: "AsyncClient", scheme_id: str) -> Origin:
    """Return the same, without blocking the loop."""
    from millstream.errors import NotFoundError

    try:
        scheme = await client.builds.get_scheme(scheme_id)
        return Origin(await client.builds.get_project(scheme.project_bundle_identifier), scheme)
    except NotFoundError:
        return NOWHERE
