"""The largest request of an RPC that its documentation allows, field by field."""

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

_EMOJI = "\N{GRINNING FACE}"  # four bytes
_CHARACTERS = {
    "git_repo_url": 2_048,
    "pr_url": 2_048,
    "working_directory": 4_096,
    "worktree_path": 4_096,
    "branch_name": 1_024,
    "base_branch": 1_024,
    "device_metadata": 1_024,
    "title": 1_024,
    "query": 1_000,
    "page_token": 4_096,
}
"""Of 255 all others have no more."""
_BYTES = {
    "note": 64 << 10,
    "body": 256 << 10,
    "system_prompt": 256 << 10,
    "metadata": 256 << 10,
    "error_message": 64 << 10,
    "value": 64 << 10,
    "resume_token": 64,
    "store_id": 16,
}
_CONTENT = {"CrashLog": 3 << 20, "BuildLog": 1 << 20}
_ELEMENTS = {
    "schemes": 1_000,
    "scheme_ids": 1_000,
    "labels": 100,
    "platforms": 9,
    "export_options": 2,
    "tables": 20,
    "command": 1_024,
    "queries": 100,
}
_IN_BATCHES = {"entries", "events", "github_issues"}
"""The sender may cut these as it likes, so one element is enough."""


def largest(message: Descriptor) -> Message:
    """Return it."""
    kind: Any = GetMessageClass(message)
    made = kind()
    if message.full_name == "google.protobuf.Struct":
        made["key"] = "x" * (_BYTES["metadata"] - 20)
        return made  # type: ignore[no-any-return]
    if message.full_name == "google.protobuf.FieldMask":
        made.paths.extend(["project_bundle_identifier"] * 30)
        return made  # type: ignore[no-any-return]
    for field in message.fields:
        _set(made, field)
    return made  # type: ignore[no-any-return]


def _set(made: Any, field: FieldDescriptor) -> None:
    values = len(field.enum_type.values) if field.enum_type else 1
    count = 1 if field.name in _IN_BATCHES else _ELEMENTS.get(field.name, values)
    if field.message_type and field.message_type.GetOptions().map_entry:
        getattr(made, field.name).update({f"{number:063}": _EMOJI * 255 for number in range(32)})
    elif field.name == "command":
        made.command.extend(["x" * 32] * count)
    elif field.message_type and field.is_repeated:
        getattr(made, field.name).extend([largest(field.message_type)] * count)
    elif field.message_type:
        getattr(made, field.name).CopyFrom(largest(field.message_type))
    elif field.is_repeated:
        getattr(made, field.name).extend([_scalar(field)] * count)
    else:
        setattr(made, field.name, _scalar(field))


def _scalar(field: FieldDescriptor) -> Any:
    name, owner = field.name, field.containing_type.name if field.containing_type else ""
    if field.type == FieldDescriptor.TYPE_STRING:
        size = _CONTENT.get(owner) if name == "content" else _BYTES.get(name)
        return "x" * size if size else _EMOJI * _CHARACTERS.get(name, 255)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes(_BYTES[name])
    if field.type in (FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64):
        return -1  # ten bytes, as many as any
    return {FieldDescriptor.TYPE_BOOL: True, FieldDescriptor.TYPE_DOUBLE: 0.5}.get(field.type, 1)
