"""The reads of builds that are not one row or one list: each a named query."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select
from sqlalchemy.sql.expression import Select

from millstream_service.names import newest_version_first
from millstream_service.store.builds import builds
from millstream_service.store.builds.tables import BUILDS, CRASH_LOGS, PROJECTS, SCHEMES
from millstream_service.store.entities import rows
from millstream_service.store.entities.deletions import live
from millstream_service.store.schema.resources import Resource

RECENT_BUILDS = 5


def project_ids(connection: Connection) -> list[str]:
    """Return the ids of all projects, newest first."""
    return _keys(PROJECTS, connection, [{}])


def scheme_ids(connection: Connection, project_id: str) -> list[str]:
    """Return the ids of a project's schemes, in their order."""
    return _keys(SCHEMES, connection, [{"project_bundle_identifier": project_id}])


def crash_log_ids(connection: Connection, build_id: str) -> list[str]:
    """Return the ids of a build's crash reports, newest first."""
    return _keys(CRASH_LOGS, connection, [{"build_id": build_id}])


def build_ids(connection: Connection, schemes: Sequence[str], version: str | None) -> list[str]:
    """Return the ids of the builds of some schemes, newest first."""
    return _keys(BUILDS, connection, build_branches(schemes, version))


def build_branches(schemes: Sequence[str], version: str | None) -> list[rows.Branch]:
    """Return a branch for each scheme."""
    by_version = {} if version is None else {"version_string": version}
    return [{"scheme_id": scheme, **by_version} for scheme in dict.fromkeys(schemes)]


def _keys(resource: Resource, connection: Connection, branches: Sequence[rows.Branch]) -> list[str]:
    only = (resource.key,)
    return [row[resource.key] for row in rows.listing(connection, resource, branches, only=only)]


def latest_builds(connection: Connection, project_id: str, limit: int, labels: builds.Labels) -> list[rows.Row]:
    """Return the newest builds of a project that have all of some labels, newest first."""
    branch = {"project_bundle_identifier": project_id}
    if labels:
        return builds.find_labelled(connection, labels, [branch], limit=limit)
    return list(rows.listing(connection, BUILDS, [branch], limit=limit))


def project_detail(connection: Connection, project_id: str) -> tuple[rows.Row, list[str], list[str]] | None:
    """Return a project, the ids of its schemes and of its newest builds; None where there is no such project."""
    project = rows.find(connection, PROJECTS, project_id)
    if project is None:
        return None
    branch = {"project_bundle_identifier": project_id}
    recent = rows.listing(connection, BUILDS, [branch], limit=RECENT_BUILDS, only=("id",))
    return project, scheme_ids(connection, project_id), [row["id"] for row in recent]


def _versions_of_one() -> Select[Any]:
    builds = BUILDS.table
    mine = and_(builds.c.project_bundle_identifier == bindparam("project"), live(BUILDS))
    versions = select(func.min(builds.c.version_string).label("version")).where(mine).cte("versions", recursive=True)
    above = (
        select(func.min(builds.c.version_string))
        .where(mine, builds.c.version_string > versions.c.version)
        .correlate(versions)
        .scalar_subquery()
    )
    recursion = versions.union_all(select(above).where(versions.c.version.is_not(None)))
    return select(recursion.c.version).where(recursion.c.version.is_not(None))


_VERSIONS_OF_ONE = _versions_of_one()


def version_strings(connection: Connection, project_id: str) -> list[str]:
    """Return each version of a project's builds once, newest first.

    A loose index scan (PostgreSQL wiki, "Loose indexscan"): the work is in proportion to the versions, not the builds.
    """
    found = connection.execute(_VERSIONS_OF_ONE, {"project": project_id}).scalars()
    return newest_version_first([version for version in found if isinstance(version, str)])  # the others are damaged


def versions_by_project(connection: Connection) -> dict[str, list[str]]:
    """Return the versions of every project, newest first; an empty list for one without builds."""
    return {project: version_strings(connection, project) for project in project_ids(connection)}
