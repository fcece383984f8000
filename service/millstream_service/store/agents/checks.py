"""What `db check` looks at in coding agents, beside what holds for all resources."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from millstream_service.store.agents.tables import EVENT_WRITERS, INSTANCES, MCP_EVENTS
from millstream_service.store.entities.deletions import live


def find_miscounted(connection: Connection) -> Iterator[str]:
    """Yield the instances whose writers believe that more events are logged than there are: none is deleted alone."""
    writer, event = EVENT_WRITERS.c, MCP_EVENTS.table.c
    sent = func.sum(writer.last_entry).label("sent")
    of_instance = select(func.count()).where(event.instance_id == writer.instance_id, live(MCP_EVENTS))
    logged = of_instance.correlate(EVENT_WRITERS).scalar_subquery()
    counts = select(writer.instance_id, sent, logged.label("logged"))
    counts = counts.join(INSTANCES.table, INSTANCES.table.c.id == writer.instance_id).where(live(INSTANCES))
    for key, written, count in connection.execute(counts.group_by(writer.instance_id).having(sent > logged)):
        yield f"the writers of instance {key} have written {written} events, it has {count}"


CHECKS = (find_miscounted,)
