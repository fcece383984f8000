"""The numbers of fields in `_wire.h` and in the C beside it are those of the protos."""

import re
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry
from millstream_service.convert import native

_FOLDER = Path(native.__file__).parent
_TAG = re.compile(r"^ *([A-Z_]+) = (\d+) << 3( \| 2)?,", re.MULTILINE)
_FIELDS: dict[str, tuple[Any, str]] = {
    "ID": (BuildLog.DESCRIPTOR, "id"),
    "BUILD_ID": (BuildLog.DESCRIPTOR, "build_id"),
    "SEQ": (BuildLog.DESCRIPTOR, "seq"),
    "CATEGORY": (BuildLog.DESCRIPTOR, "category"),
    "LEVEL": (BuildLog.DESCRIPTOR, "level"),
    "CONTENT": (BuildLog.DESCRIPTOR, "content"),
    "CREATED_AT": (BuildLog.DESCRIPTOR, "created_at"),
    "LINE": (pb.TailBuildLogsResponse.DESCRIPTOR, "build_logs"),
    "LAST_SEQ": (pb.TailBuildLogsResponse.DESCRIPTOR, "last_seq"),
    "HIT": (pb.SearchHit.DESCRIPTOR, "build_log"),
    "AFTER": (pb.SearchHit.DESCRIPTOR, "after"),
    "LOG_ID": (pb.StreamBuildLogIdsResponse.DESCRIPTOR, "build_log_ids"),
    "SECONDS": (Timestamp.DESCRIPTOR, "seconds"),
    "NANOS": (Timestamp.DESCRIPTOR, "nanos"),
    "ENTRY": (pb.AppendBuildLogsRequest.DESCRIPTOR, "entries"),
}
_DELIMITED = {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_MESSAGE}


def test_tags_are_those_of_the_protos() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in _FOLDER.rglob("_*.[ch]"))
    written = {name: (int(number), bool(delimited)) for name, number, delimited in _TAG.findall(text)}
    meant = {name: message.fields_by_name[field] for name, (message, field) in _FIELDS.items()}
    assert written == {name: (field.number, field.type in _DELIMITED) for name, field in meant.items()}


def test_an_entry_has_the_numbers_of_a_line_from_the_category_on() -> None:
    for name in ("category", "level", "content", "created_at"):
        line, entry = (message.DESCRIPTOR.fields_by_name[name] for message in (BuildLog, BuildLogEntry))
        assert (line.number, line.type) == (entry.number, entry.type)


def test_lines_before_a_hit_have_the_tag_of_a_tails_lines() -> None:
    before, line = pb.SearchHit.DESCRIPTOR.fields_by_name["before"], pb.TailBuildLogsResponse.DESCRIPTOR.fields_by_name
    assert before.number == line["build_logs"].number
