"""Every entity comes back from its row as it was, and a field at fault is named."""

import math
from typing import Any

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from millstream.builds.v1.build_pb2 import Build, BuildStatus, ExportOption
from millstream.builds.v1.crash_log_pb2 import CrashLog, CrashLogPriority
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Platform, Scheme
from millstream_service.convert import fields
from millstream_service.convert.builds import entities
from millstream_service.convert.builds.entities import BUILD, CRASH_LOG, PROJECT, SCHEME
from millstream_service.convert.builds.fields import Arguments, LabelMap, OptionalNumber
from millstream_service.convert.fields import Choice, Choices, Flag, Number, Text, Time
from millstream_service.convert.shapes import Shape, changed_columns, new_row
from millstream_service.errors import (
    InvalidUpdateMaskError,
    ListTooLargeError,
    MessageTooLargeError,
    MillstreamServiceError,
    ValidationFailedError,
)
from millstream_service.store.builds.tables import BUILDS, CRASH_LOGS, PROJECTS, SCHEMES
from millstream_service.store.schema.resources import GENERATION
from tests.entities import build, crash_log, project, scheme

SHAPES: dict[str, Shape[Any]] = {shape.path: shape for shape in (PROJECT, SCHEME, BUILD, CRASH_LOG)}
WHOLE: dict[str, Message] = {"project": project(), "scheme": scheme(), "build": build(), "crash_log": crash_log()}
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
ids = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=255)
PRINTABLE = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=255)
LABEL_NAMES = st.from_regex(r"[a-z0-9._/-]{1,63}", fullmatch=True)
FIRST, LAST = -9_214_560_000 * 10**9, 9_214_646_400 * 10**9 - 1
"""The first nanosecond of 1678, and the last of 2261."""


def values_of(field: fields.Field, shape: Shape[Any]) -> st.SearchStrategy[Any]:
    """Return what a field may hold, as its column's value."""
    kind = shape.make().DESCRIPTOR.fields_by_name[field.name]
    match field:
        case fields.Id():
            return ids
        case Text():
            return st.text(
                st.characters(min_codepoint=1, exclude_categories=["Cs"]),
                min_size=field.least,
                max_size=min(field.most, 300),
            )
        case Choice():
            numbers = field.kind.DESCRIPTOR.values_by_number
            return st.sampled_from([number for number in numbers if number or not field.default])
        case Choices():
            return st.lists(st.sampled_from([n for n in field.kind.DESCRIPTOR.values_by_number if n]), unique=True)
        case Time():
            return st.none() | st.integers(FIRST, LAST)
        case Flag():
            return st.booleans()
        case Number() if kind.cpp_type == kind.CPPTYPE_DOUBLE:
            return st.floats(field.least, field.most)
        case Number():
            largest = 2**31 - 1 if kind.cpp_type == kind.CPPTYPE_INT32 else 2**63 - 1
            return st.integers(int(max(field.least, -largest - 1)), int(min(field.most, largest)))
        case Arguments():
            return st.none() | st.lists(PRINTABLE, min_size=1, max_size=8)
        case OptionalNumber():
            return st.none() | st.integers(-(2**31), 2**31 - 1)
        case LabelMap():
            return st.none() | st.dictionaries(LABEL_NAMES, PRINTABLE, min_size=1, max_size=8)
    raise AssertionError(f"{field} is of no kind that is known")


@every_shape
@given(data=st.data())
def test_a_row_comes_back_as_it_was(shape: Shape[Any], data: st.DataObject) -> None:
    row = {field.name: data.draw(values_of(field, shape), field.name) for field in shape.fields}
    message = shape.make().FromString(shape.to_message(row).SerializeToString())
    assert shape.from_message(message) == row


@every_shape
def test_a_shape_has_every_field_of_its_message_and_every_column(shape: Shape[Any]) -> None:
    table = {"project": PROJECTS, "scheme": SCHEMES, "build": BUILDS, "crash_log": CRASH_LOGS}[shape.path]
    names = {field.name for field in shape.fields}
    assert names == set(shape.make().DESCRIPTOR.fields_by_name)
    assert names | set(table.ancestors) | {GENERATION} == {column.name for column in table.table.columns}


@every_shape
def test_what_is_created_needs_little(shape: Shape[Any]) -> None:
    row = new_row(shape, WHOLE[shape.path])
    assert shape.from_message(shape.to_message(row)) == row


def test_what_has_no_id_and_no_time_gets_them() -> None:
    row = new_row(BUILD, Build(scheme_id="debug"))
    assert len(row["id"]) == 36
    assert row["created_at"] > 0
    assert row["status"] == BuildStatus.BUILD_STATUS_QUEUED
    assert new_row(CRASH_LOG, crash_log())["priority"] == CrashLogPriority.CRASH_LOG_PRIORITY_MEDIUM


STRANGE = "a\x00b"
BAD: list[tuple[Message, str]] = [
    (Project(name="x"), "project.bundle_identifier"),
    (project(""), "project.bundle_identifier"),
    (project(STRANGE), "project.bundle_identifier"),
    (project(display_name=STRANGE), "project.display_name"),
    (project(working_directory="\0"), "project.working_directory"),
    (crash_log(content=STRANGE), "crash_log.content"),
    (crash_log(note="\0"), "crash_log.note"),
    (project("x" * 256), "project.bundle_identifier"),
    (project(name=""), "project.name"),
    (project(name="x" * 256), "project.name"),
    (project(git_repo_url="x" * 2049), "project.git_repo_url"),
    (project(created_at=Timestamp(seconds=2**40)), "project.created_at"),
    (project(created_at=Timestamp(nanos=10**9)), "project.created_at"),
    (Scheme(id="x", name="x"), "scheme.project_bundle_identifier"),
    (scheme(platforms=[Platform.PLATFORM_IOS, 0]), "scheme.platforms[1]"),
    (scheme(platforms=[Platform.PLATFORM_IOS, 99]), "scheme.platforms[1]"),
    (scheme(platforms=[1, 2, 1]), "scheme.platforms[2]"),
    (scheme(platforms=[1] * 1000), "scheme.platforms"),
    (build(status=99), "build.status"),
    (build(progress=1.5), "build.progress"),
    (build(progress=-0.1), "build.progress"),
    (build(progress=math.nan), "build.progress"),
    (build(build_number=-1), "build.build_number"),
    (build(memory=-1), "build.memory"),
    (build(start_date=Timestamp(seconds=2), end_date=Timestamp(seconds=1)), "build.end_date"),
    (CrashLog(build_id="build"), "crash_log.incident_identifier"),
    (crash_log(content="ü" * (entities.CRASH_LOG_BYTES // 2) + "x"), "crash_log.content"),
    (crash_log(note="x" * (entities.NOTE_BYTES + 1)), "crash_log.note"),
]


def fields_at_fault(error: MillstreamServiceError) -> list[str]:
    return [field for field, _ in error.violations]


@pytest.mark.parametrize(("message", "path"), BAD, ids=[f"{path}-{n}" for n, (_, path) in enumerate(BAD)])
def test_a_field_at_fault_is_named(message: Message, path: str) -> None:
    shape = SHAPES[path.partition(".")[0]]
    with pytest.raises((ValidationFailedError, MessageTooLargeError, ListTooLargeError)) as caught:
        new_row(shape, message)
    assert fields_at_fault(caught.value) == [path]


def test_a_field_at_fault_is_named_by_where_it_stands() -> None:
    with pytest.raises(ValidationFailedError) as caught:
        new_row(SCHEME, scheme(name=""), "schemes[3]")
    assert caught.value.field == "schemes[3].name"


def test_sizes_up_to_the_most_are_taken() -> None:
    row = new_row(CRASH_LOG, crash_log(content="ü" * (entities.CRASH_LOG_BYTES // 2), note="x" * entities.NOTE_BYTES))
    assert len(row["note"]) == entities.NOTE_BYTES
    assert new_row(PROJECT, project("x" * 255))["bundle_identifier"] == "x" * 255


def test_an_update_without_a_mask_sets_all_that_may_change() -> None:
    columns = changed_columns(BUILD, build(progress=0.5), [])
    assert columns.keys() == {field.name for field in BUILD.fields} - {"id", "created_at"}


@every_shape
def test_a_mask_picks_its_fields(shape: Shape[Any]) -> None:
    free = sorted({field.name for field in shape.fields} - shape.fixed)
    for name in free:
        assert changed_columns(shape, WHOLE[shape.path], [name]).keys() == {name}
    assert changed_columns(shape, WHOLE[shape.path], [*free, *free]).keys() == set(free)


@every_shape
@pytest.mark.parametrize("path", ["", "nothing", "name.first", "*"])
def test_a_mask_with_an_unknown_path_is_refused(shape: Shape[Any], path: str) -> None:
    with pytest.raises(InvalidUpdateMaskError) as caught:
        changed_columns(shape, WHOLE[shape.path], [path])
    assert caught.value.metadata["path"] == path


@every_shape
def test_a_mask_with_a_path_that_never_changes_is_refused(shape: Shape[Any]) -> None:
    for path in shape.fixed:
        with pytest.raises(InvalidUpdateMaskError, match="never changes"):
            changed_columns(shape, WHOLE[shape.path], [path])


def test_a_masked_update_looks_at_its_own_fields_alone() -> None:
    assert changed_columns(BUILD, Build(progress=2, status=BuildStatus.BUILD_STATUS_RUNNING), ["status"]) == {
        "status": 2
    }


@pytest.mark.parametrize(("start", "end"), [(None, 1), (1, None), (None, None), (1, 1), (1, 2)])
def test_a_build_may_end_when_it_started_or_later(start: int | None, end: int | None) -> None:
    BUILD.check_changed({"start_date": start, "end_date": end})


def test_options_keep_their_order() -> None:
    options = [ExportOption.EXPORT_OPTION_APP_STORE, ExportOption.EXPORT_OPTION_RELEASE_TESTING]
    assert new_row(BUILD, build(export_options=options))["export_options"] == options
