"""The messages of the conformance suite, by its own protos: none of it is kept here."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "connectrpc.conformance.v1"
_FILES = ("service.proto", "server_compat.proto")


def describe(protos: Path, target: Path) -> None:
    """Compile the suite's protos into a file that `load` reads."""
    names = [f"connectrpc/conformance/v1/{name}" for name in _FILES]
    arguments = (f"-I{protos}", "--include_imports", f"--descriptor_set_out={target}", *names)
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *arguments], check=True)


def load(target: Path) -> None:
    """Make the messages known."""
    for file in FileDescriptorSet.FromString(target.read_bytes()).file:
        if file.package == _PACKAGE:
            descriptor_pool.Default().AddSerializedFile(file.SerializeToString())


def new(message: str, **fields: Any) -> Any:
    """Return a message of the suite's."""
    return GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(f"{_PACKAGE}.{message}"))(**fields)


def service() -> ServiceDescriptor:
    """Return what is to be served."""
    return descriptor_pool.Default().FindServiceByName(f"{_PACKAGE}.ConformanceService")


def packed(message: Message) -> Packed:
    """Return a message as one of any type."""
    one = Packed()
    one.Pack(message)
    return one
