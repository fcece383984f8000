from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Platform(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLATFORM_UNSPECIFIED: _ClassVar[Platform]
    PLATFORM_IOS: _ClassVar[Platform]
    PLATFORM_MACOS: _ClassVar[Platform]
    PLATFORM_MAC_CATALYST: _ClassVar[Platform]
    PLATFORM_TVOS: _ClassVar[Platform]
    PLATFORM_WATCHOS: _ClassVar[Platform]
    PLATFORM_VISIONOS: _ClassVar[Platform]
    PLATFORM_LINUX: _ClassVar[Platform]
    PLATFORM_WINDOWS: _ClassVar[Platform]
    PLATFORM_ANDROID: _ClassVar[Platform]
PLATFORM_UNSPECIFIED: Platform
PLATFORM_IOS: Platform
PLATFORM_MACOS: Platform
PLATFORM_MAC_CATALYST: Platform
PLATFORM_TVOS: Platform
PLATFORM_WATCHOS: Platform
PLATFORM_VISIONOS: Platform
PLATFORM_LINUX: Platform
PLATFORM_WINDOWS: Platform
PLATFORM_ANDROID: Platform

class Scheme(_message.Message):
    __slots__ = ("id", "project_bundle_identifier", "name", "platforms", "order")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_BUNDLE_IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    id: str
    project_bundle_identifier: str
    name: str
    platforms: _containers.RepeatedScalarFieldContainer[Platform]
    order: int
    def __init__(self, id: _Optional[str] = ..., project_bundle_identifier: _Optional[str] = ..., name: _Optional[str] = ..., platforms: _Optional[_Iterable[_Union[Platform, str]]] = ..., order: _Optional[int] = ...) -> None: ...
