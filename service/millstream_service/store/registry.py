"""All resources, as the domains declare them: what the shared parts know of the domains.

A domain is a file that declares its tables and `RESOURCES`; the list of these files is here, and nowhere else. Where a
domain has something to say to `db check`, it has a file with `CHECKS`, which `store/checks.py` lists.
"""

from functools import cache

from sqlalchemy import Table

from millstream_service.store.agents import tables as agent_tables
from millstream_service.store.builds import tables as build_tables
from millstream_service.store.schema.models import Model
from millstream_service.store.schema.resources import Log, OnDelete, Resource


@cache
def resources() -> tuple[Resource, ...]:
    """Return the resources of all domains; parents come before children."""
    return (*build_tables.RESOURCES, *agent_tables.RESOURCES)


@cache
def tables() -> tuple[Table, ...]:
    """Return all tables of a store; those that others refer to come before these."""
    return tuple(Model.metadata.sorted_tables)


@cache
def names() -> tuple[str, ...]:
    """Return the names that changes may have."""
    return (*(resource.name for resource in resources()), *(log.name for _, log in logs()))


@cache
def depths() -> dict[str, int]:
    """Return how many rows are above what goes by a name."""
    of_logs = {log.name: resource.depth + 1 for resource, log in logs()}
    return of_logs | {resource.name: resource.depth for resource in resources()}


@cache
def logs() -> tuple[tuple[Resource, Log], ...]:
    """Return the resources whose rows have logs, each with its log."""
    return tuple((resource, resource.log) for resource in resources() if resource.log)


@cache
def find_resource(name: str) -> Resource:
    """Return the resource of a table. Raises KeyError."""
    return {resource.name: resource for resource in resources()}[name]


@cache
def find_log(name: str) -> tuple[Resource, Log] | None:
    """Return the log that goes by a name, and whose it is; None where there is no such log."""
    return next(((resource, log) for resource, log in logs() if log.name == name), None)


@cache
def has_below(resource: Resource) -> bool:
    """Return whether rows of other tables are below its rows."""
    return any(resource.table is upper.table for one in resources() for upper in one.above)


@cache
def below(resource: Resource) -> tuple[tuple[Resource, str], ...]:
    """Return the resources below, nearest first, each with its column that holds the id of `resource`."""
    lower = (one for one in resources() if resource in one.above)
    return tuple((one, one.ancestors[one.above.index(resource)]) for one in lower)


@cache
def beside(resource: Resource) -> tuple[tuple[Resource, str, OnDelete], ...]:
    """Return the resources whose rows refer to those of `resource`, with the column, and what a deletion does."""
    return tuple((other, column, effect) for other in resources() for column, effect in other.on_delete(resource))
