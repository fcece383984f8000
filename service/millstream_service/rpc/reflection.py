"""Reflection: clients that have no protos ask the service for them (grpc.reflection, v1 and v1alpha).

As grpcio's own, but what is asked for is looked up in an index of our files' symbols: methods, fields and enum values
have names there, which protobuf's pool does not find. Both versions have the same messages, so one servicer serves
both, and the file of v1 is that of v1alpha with another package.

The protocol: https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto
from google.protobuf.message import DecodeError
from google.rpc.code_pb2 import Code
from grpc_reflection.v1alpha import reflection_pb2 as pb

from millstream_service.errors import ValidationFailedError
from millstream_service.rpc.call import Route
from millstream_service.rpc.interceptor import guard_stream
from millstream_service.security.rpc_table import USUAL

_ALPHA, _V1 = "grpc.reflection.v1alpha", "grpc.reflection.v1"
NAMES = tuple(f"{package}.ServerReflection" for package in (_V1, _ALPHA))
"""The services of `reflection_routes`."""


def reflection_routes(services: Iterable[ServiceDescriptor], beside: Iterable[FileDescriptor] = ()) -> Iterator[Route]:
    """Yield the routes that serve the descriptors of these services, of reflection itself, and of other files."""
    reflection = _Reflection(list(services), beside)
    method: Any = pb.DESCRIPTOR.services_by_name["ServerReflection"].methods_by_name["ServerReflectionInfo"]
    behaviour = guard_stream(reflection.answers, method.name, takes_stream=True)
    for name in NAMES:
        yield Route(method, behaviour, USUAL.max_bytes, name)


class Files:
    """Some files with all that they import and those of reflection, and where each symbol is declared."""

    def __init__(self, files: Iterable[FileDescriptor]) -> None:
        self._files: dict[str, FileDescriptorProto] = {}
        for file in files:
            self._add(file)
        self._add(pb.DESCRIPTOR)
        stable = _rename(self._files[pb.DESCRIPTOR.name])
        self._files[stable.name] = stable

    def _add(self, file: Any) -> None:
        if file.name not in self._files:
            proto = self._files[file.name] = FileDescriptorProto()
            file.CopyToProto(proto)
            for needed in file.dependencies:
                self._add(needed)

    @cached_property
    def symbols(self) -> Mapping[str, str]:
        """The full name of each service, method, message, field, enum and enum value, and its file's name."""
        return {symbol: name for name, file in self._files.items() for symbol in _symbols(file)}

    def find(self, name: str) -> list[bytes]:
        """Return a file, serialized, and after it those that it imports. Raises KeyError."""
        found = {name: self._files[name]}
        waiting = [name]
        while waiting:
            for needed in found[waiting.pop()].dependency:
                if needed not in found:
                    found[needed] = self._files[needed]
                    waiting.append(needed)
        return [file.SerializeToString() for file in found.values()]


def _rename(alpha: FileDescriptorProto) -> FileDescriptorProto:
    """Return the file of v1: the messages of v1alpha in another package."""
    text = alpha.SerializeToString()
    stable = FileDescriptorProto.FromString(text)
    stable.name = alpha.name.replace("v1alpha", "v1")
    stable.package = _V1
    stable.ClearField("options")  # they name classes in other languages, each of which has its own of v1
    for message in stable.message_type:
        for field in message.field:
            if field.type_name:
                field.type_name = field.type_name.replace(_ALPHA, _V1)
    for method in stable.service[0].method:
        method.input_type = method.input_type.replace(_ALPHA, _V1)
        method.output_type = method.output_type.replace(_ALPHA, _V1)
    return stable


def _symbols(file: FileDescriptorProto) -> Iterator[str]:
    prefix = f"{file.package}." if file.package else ""
    for service in file.service:
        yield prefix + service.name
        yield from (f"{prefix}{service.name}.{method.name}" for method in service.method)
    for message in file.message_type:
        yield from _symbols_of_message(prefix, message)
    for enum in file.enum_type:
        yield from _symbols_of_enum(prefix, enum)
    yield from (prefix + extension.name for extension in file.extension)


def _symbols_of_message(prefix: str, message: DescriptorProto) -> Iterator[str]:
    name = prefix + message.name
    yield name
    for names in ((one.name for one in part) for part in (message.field, message.oneof_decl, message.extension)):
        yield from (f"{name}.{inner}" for inner in names)
    for nested in message.nested_type:
        yield from _symbols_of_message(f"{name}.", nested)
    for enum in message.enum_type:
        yield from _symbols_of_enum(f"{name}.", enum)


def _symbols_of_enum(prefix: str, enum: EnumDescriptorProto) -> Iterator[str]:
    """Yield the names of an enum and its values: these stand beside it, and clients ask for them below it, too."""
    yield prefix + enum.name
    for value in enum.value:
        yield prefix + value.name
        yield f"{prefix}{enum.name}.{value.name}"


class _Reflection:
    """Answers what clients ask."""

    def __init__(self, services: list[ServiceDescriptor], beside: Iterable[FileDescriptor]) -> None:
        self._files = Files((*(service.file for service in services), *beside))
        names = sorted((*(service.full_name for service in services), *NAMES))
        self._services = pb.ListServiceResponse(service=[pb.ServiceResponse(name=name) for name in names])

    async def answers(
        self, requests: AsyncIterator[bytes], _context: object
    ) -> AsyncIterator[pb.ServerReflectionResponse]:
        """Answer each request, in order. Raises ValidationFailedError."""
        async for data in requests:
            try:
                request = pb.ServerReflectionRequest.FromString(data)
            except DecodeError:
                raise ValidationFailedError("request", "is not a ServerReflectionRequest") from None
            yield self._answer(request)

    def _answer(self, request: pb.ServerReflectionRequest) -> pb.ServerReflectionResponse:
        asked = request.WhichOneof("message_request")
        if asked is None:
            return _refuse(request, Code.INVALID_ARGUMENT, "the request is empty")
        try:
            found = self._found(asked, request)
        except KeyError:
            return _refuse(request, Code.NOT_FOUND, "there is no such name")
        return pb.ServerReflectionResponse(original_request=request, valid_host=request.host, **found)

    def _found(self, asked: str, request: pb.ServerReflectionRequest) -> dict[str, Any]:
        """Return the field of the response that answers. Raises KeyError."""
        match asked:
            case "list_services":
                return {"list_services_response": self._services}
            case "file_by_filename":
                return _files(self._files.find(request.file_by_filename))
            case "file_containing_symbol":
                return _files(self._files.find(self._files.symbols[request.file_containing_symbol]))
            case "all_extension_numbers_of_type":
                name = request.all_extension_numbers_of_type
                self._files.symbols[name]
                return {"all_extension_numbers_response": pb.ExtensionNumberResponse(base_type_name=name)}
        raise KeyError(asked)


def _files(serialized: list[bytes]) -> dict[str, Any]:
    return {"file_descriptor_response": pb.FileDescriptorResponse(file_descriptor_proto=serialized)}


def _refuse(request: pb.ServerReflectionRequest, code: int, message: str) -> pb.ServerReflectionResponse:
    error = pb.ErrorResponse(error_code=code, error_message=message)
    return pb.ServerReflectionResponse(original_request=request, error_response=error)
