"""Which instances a list has, and in what order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from millstream.agents.v1.instance_pb2 import InstanceStatus, InstanceType
from millstream_service.convert.fields import identifier, known
from millstream_service.errors import ListTooLargeError, ValidationFailedError
from millstream_service.reactive.regions import listed, listed_below
from millstream_service.store.agents import instances
from millstream_service.store.agents.tables import INSTANCE_TIMES, INSTANCES
from millstream_service.store.entities import rows
from millstream_service.store.schema.resources import Resource


@dataclass(frozen=True)
class InstanceFilter:
    """The resource in the order asked for, the branches of the list, and the keys that it depends on."""

    resource: Resource
    branches: tuple[rows.Branch, ...]
    region: tuple[str, ...]

    @classmethod
    def of(cls, request: Any) -> Self:
        """Return what a ListInstances or StreamInstances asks for. Raises ValidationFailedError."""
        types = _values(request, "types", InstanceType)
        statuses = _values(request, "statuses", InstanceStatus)
        time = request.order_by or INSTANCE_TIMES[0]
        if time not in INSTANCE_TIMES:
            raise ValidationFailedError("order_by", f"must be one of {', '.join(INSTANCE_TIMES)}")
        others: dict[str, Any] = {}
        if request.HasField("issue_number"):
            others["issue_number"] = request.issue_number
        if request.HasField("parent_instance"):
            others["parent_instance_id"] = identifier("parent_instance", request.parent_instance, 0) or None
        table, parent = INSTANCES.table.name, others.get("parent_instance_id")
        return cls(
            instances.listed_by(time, descending=request.descending),
            tuple(instances.branches(types, statuses, others)),
            (listed_below(table, parent) if parent else listed(table),),
        )


def _values(request: Any, name: str, kind: EnumTypeWrapper) -> Sequence[int]:
    values = dict.fromkeys(getattr(request, name))
    if len(values) > len(kind.DESCRIPTOR.values):
        raise ListTooLargeError(name, len(kind.DESCRIPTOR.values))
    for index, value in enumerate(values):
        if not known(f"{name}[{index}]", kind, value):
            raise ValidationFailedError(f"{name}[{index}]", "must not be unspecified")
    return tuple(values)
