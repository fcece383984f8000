"""The RPCs of relationships."""

from functools import partial

from google.protobuf.message import Message

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream_service.convert.agents.entities import RELATIONSHIP, relationship_to_message
from millstream_service.convert.fields import identifier, number
from millstream_service.convert.shapes import changed_columns, new_row
from millstream_service.handlers.shared.leaving_out import messages
from millstream_service.handlers.shared.reading import Reading
from millstream_service.handlers.shared.storing import Storing
from millstream_service.handlers.shared.watching import Messages, Watching
from millstream_service.reactive.regions import listed, listed_below
from millstream_service.security.caller import Caller
from millstream_service.store.agents import relationships
from millstream_service.store.agents.tables import RELATIONSHIPS
from millstream_service.store.entities import rows


class RelationshipCalls(Storing, Reading, Watching):
    """Create, list, change and watch relationships."""

    async def CreateRelationship(
        self, request: pb.CreateRelationshipRequest, _caller: Caller
    ) -> pb.CreateRelationshipResponse:
        """Create a relationship."""
        values = new_row(RELATIONSHIP, request.relationship)
        command = partial(relationships.create, values=values, max_rounds=self.dependencies.max_review_rounds)
        return await self._store(command, _answer_create)

    async def ListRelationships(self, request: pb.ListRelationshipsRequest, caller: Caller) -> bytes:
        """List the relationships of an instance."""
        branches = relationships.branches(identifier("instance_id", request.instance_id))
        return await self._list(RELATIONSHIPS, RELATIONSHIP, request, caller, branches, pb.ListRelationshipsResponse)

    async def UpdateRelationship(
        self, request: pb.UpdateRelationshipRequest, _caller: Caller
    ) -> pb.UpdateRelationshipResponse:
        """Change a relationship."""
        key = request.relationship.id
        number("relationship.id", key, 1)
        columns = changed_columns(RELATIONSHIP, request.relationship, request.update_mask.paths)
        max_rounds = self.dependencies.max_review_rounds
        command = partial(relationships.change, key=key, values=columns, max_rounds=max_rounds)
        return await self._store(command, _answer_update)

    def StreamRelationships(self, request: pb.StreamRelationshipsRequest, caller: Caller) -> Messages:
        """Watch the relationships of an instance, or all."""
        table = RELATIONSHIPS.table.name
        region, branches = [listed(table)], list[rows.Branch]([{}])
        if request.HasField("instance_id"):
            key = identifier("instance_id", request.instance_id)
            region, branches = [listed_below(table, key)], relationships.branches(key)

        def respond(row: rows.Row) -> Message | None:
            found = list(messages(RELATIONSHIP, [row]))
            return pb.StreamRelationshipsResponse(relationships=found) if found else None

        return self._watch_list(request, caller, region, RELATIONSHIPS, branches, respond)


def _answer_create(row: rows.Row) -> pb.CreateRelationshipResponse:
    return pb.CreateRelationshipResponse(relationship=relationship_to_message(row))


def _answer_update(row: rows.Row) -> pb.UpdateRelationshipResponse:
    return pb.UpdateRelationshipResponse(relationship=relationship_to_message(row))
