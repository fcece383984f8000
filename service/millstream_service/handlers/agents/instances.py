"""The RPCs of instances."""

import time
from functools import partial
from typing import Any

from google.protobuf.message import Message

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.instance_pb2 import InstanceStatus
from millstream_service.convert.agents.entities import (
    INSTANCE,
    instance_from_message,
    instance_to_message,
    mcp_event_to_message,
)
from millstream_service.convert.fields import identifier, known
from millstream_service.convert.shapes import changed_columns
from millstream_service.errors import ValidationFailedError
from millstream_service.handlers.agents.instance_filter import InstanceFilter
from millstream_service.handlers.shared.paging import MAX_PAGE
from millstream_service.handlers.shared.reading import Reading
from millstream_service.handlers.shared.storing import Storing
from millstream_service.handlers.shared.watching import Messages, Watching
from millstream_service.security.caller import Caller
from millstream_service.store.agents import instances
from millstream_service.store.agents.tables import INSTANCES
from millstream_service.store.entities import rows


class InstanceCalls(Storing, Reading, Watching):
    """Create, change, read, list, delete and watch instances."""

    async def CreateInstance(self, request: pb.CreateInstanceRequest, _caller: Caller) -> pb.CreateInstanceResponse:
        """Create an instance."""
        command = partial(instances.create, values=instance_from_message(request.instance))
        return await self._run_create(command, _answer_create, INSTANCES, request.instance.id)

    async def UpdateInstance(self, request: pb.UpdateInstanceRequest, _caller: Caller) -> pb.UpdateInstanceResponse:
        """Change an instance, but for its status."""
        key = identifier("instance.id", request.instance.id)
        columns = changed_columns(INSTANCE, request.instance, request.update_mask.paths)
        command = partial(instances.change, key=key, values=columns)
        return await self._store(command, lambda row: pb.UpdateInstanceResponse(instance=instance_to_message(row)))

    async def UpdateInstanceStatus(
        self, request: pb.UpdateInstanceStatusRequest, _caller: Caller
    ) -> pb.UpdateInstanceStatusResponse:
        """Change the status of an instance and log that."""
        key = identifier("id", request.id)
        status = known("status", InstanceStatus, request.status)
        if not status:
            raise ValidationFailedError("status", "must not be unspecified")
        command = partial(instances.change_status, key=key, status=status, now=time.time_ns())
        return await self._store(command, _answer_update_status)

    async def GetInstance(self, request: pb.GetInstanceRequest, _caller: Caller) -> pb.GetInstanceResponse:
        """Read one instance."""
        return pb.GetInstanceResponse(instance=await self._get(INSTANCES, INSTANCE, request.id))

    async def ListInstances(self, request: pb.ListInstancesRequest, caller: Caller) -> bytes:
        """List instances."""
        wanted = InstanceFilter.of(request)
        return await self._list(wanted.resource, INSTANCE, request, caller, wanted.branches, pb.ListInstancesResponse)

    async def DeleteInstance(self, request: pb.DeleteInstanceRequest, _caller: Caller) -> pb.DeleteInstanceResponse:
        """Delete an instance with its events and relationships."""
        key = identifier("id", request.id)
        command = partial(instances.remove, key=key)
        return await self._run_delete(command, INSTANCES.table.name, key, pb.DeleteInstanceResponse)

    def StreamInstances(self, request: pb.StreamInstancesRequest, caller: Caller) -> Messages:
        """Watch a list of instances."""
        wanted = InstanceFilter.of(request)
        if not 0 <= request.limit <= MAX_PAGE:
            raise ValidationFailedError("limit", f"is {request.limit}, must be 0 to {MAX_PAGE}")

        def respond(row: rows.Row) -> Message:
            return pb.StreamInstancesResponse(instances=[instance_to_message(row)])

        limit = request.limit or None
        return self._watch_list(request, caller, wanted.region, wanted.resource, wanted.branches, respond, limit=limit)

    def StreamInstance(self, request: pb.StreamInstanceRequest, caller: Caller) -> Messages:
        """Watch an instance."""

        def respond(instance: Any) -> Message:
            return pb.StreamInstanceResponse(instance=instance)

        return self._watch_row(request, caller, INSTANCES, INSTANCE, respond)


def _answer_create(row: rows.Row) -> pb.CreateInstanceResponse:
    return pb.CreateInstanceResponse(instance=instance_to_message(row))


def _answer_update_status(changed: tuple[rows.Row, rows.Row]) -> pb.UpdateInstanceStatusResponse:
    row, event = changed
    return pb.UpdateInstanceStatusResponse(instance=instance_to_message(row), mcp_event=mcp_event_to_message(event))
