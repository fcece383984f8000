"""The RPCs of a service, as it tells of them itself: by reflection."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import grpc
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


@dataclass(frozen=True)
class Rpc:
    """One RPC."""

    path: str
    request: Descriptor
    takes_stream: bool
    gives_stream: bool


def rpcs(address: str) -> list[Rpc]:
    """Return every RPC of every service at an address."""
    with grpc.insecure_channel(address) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = DescriptorPool(database)
        found: list[Rpc] = []
        for name in sorted(database.get_services()):
            found += _of_service(pool.FindServiceByName(name).methods)
        return found


def _of_service(methods: Iterable[MethodDescriptor]) -> Iterator[Rpc]:
    for method in methods:
        path = f"/{method.containing_service.full_name}/{method.name}"
        yield Rpc(path, method.input_type, method.client_streaming, method.server_streaming)
