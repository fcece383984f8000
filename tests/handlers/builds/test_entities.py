"""What holds for projects, schemes, builds and crash logs alike: create, get, update, delete, and each refusal."""

import time
import uuid
from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from tests.entities import at, revision
from tests.handlers.kinds import BUILD, CRASH_LOG, KINDS, PROJECT, SCHEME, Kind, family, on_all
from tests.refusal import refused
from tests.stubs import Backend

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
with_parent = pytest.mark.parametrize("kind", [SCHEME, BUILD, CRASH_LOG], ids=lambda kind: kind.noun)
with_time = pytest.mark.parametrize("kind", [PROJECT, BUILD, CRASH_LOG], ids=lambda kind: kind.noun)
making_ids = pytest.mark.parametrize("kind", [SCHEME, BUILD], ids=lambda kind: kind.noun)


@on_all
@every_kind
async def test_a_new_one_is_answered_as_stored_and_read_back(stub: Backend, kind: Kind) -> None:
    await family(stub)
    before = await revision(stub)
    made = kind.make("new", **kind.full)
    answer = await kind.create(stub, made)
    assert getattr(answer, kind.noun) == made
    assert answer.revision == before + 1
    assert await kind.get(stub, "new") == made


def test_the_samples_set_every_field() -> None:
    for kind in KINDS:
        fields = {field.name for field in kind.make().DESCRIPTOR.fields}
        assert fields == {*kind.full, *kind.fixed, *filter(None, [kind.parent_field])}
        assert fields == {*kind.other, *kind.fixed}


@on_all
@every_kind
async def test_a_taken_id_is_refused_and_nothing_changes(stub: Backend, kind: Kind) -> None:
    stored = (await family(stub))[kind.noun]
    before = await revision(stub)
    key = kind.key_of(stored)
    refusal = await refused(kind.create(stub, kind.make(key)))
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", f"{kind.noun.upper()}_EXISTS")
    assert (refusal.domain, refusal.metadata, refusal.resource) == ("millstream", {"id": key}, (kind.noun, key))
    assert await kind.get(stub, key) == stored
    assert await revision(stub) == before


@every_kind
async def test_what_is_not_there_is_not_found(stub: Backend, kind: Kind) -> None:
    await family(stub)
    before = await revision(stub)
    for call in (
        kind.get(stub, "none"),
        kind.update(stub, kind.make("none")),
        kind.update(stub, kind.make("none"), next(iter(kind.other))),
        kind.delete(stub, "none"),
    ):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == ("NOT_FOUND", f"{kind.noun.upper()}_NOT_FOUND")
        assert (refusal.metadata, refusal.resource) == ({"id": "none"}, (kind.noun, "none"))
    assert await revision(stub) == before


@on_all
@every_kind
async def test_a_deleted_one_is_gone_and_only_once(stub: Backend, kind: Kind) -> None:
    await family(stub)
    before = await revision(stub)
    key = kind.key_of(kind.make())
    assert await kind.delete(stub, key) == before + 1
    assert (await refused(kind.get(stub, key))).code == "NOT_FOUND"
    assert (await refused(kind.delete(stub, key))).code == "NOT_FOUND"
    assert await revision(stub) == before + 1
    assert await kind.get(stub, "elsewhere"), "the others stay"


@making_ids
async def test_an_empty_id_gets_one_that_rises(stub: Backend, kind: Kind) -> None:
    await family(stub)
    answers = [
        getattr(await kind.create(stub, kind.make("", name="x") if kind is SCHEME else kind.make("")), kind.noun)
        for _ in range(5)
    ]
    keys = [answer.id for answer in answers]
    assert keys == sorted(set(keys))
    assert {uuid.UUID(key).version for key in keys} == {7}
    assert await kind.get(stub, keys[0]) == answers[0]


@with_time
async def test_without_a_time_of_creation_it_is_now(stub: Backend, kind: Kind) -> None:
    await family(stub)
    earliest = time.time_ns()
    stored = getattr(await kind.create(stub, kind.make("new", created_at=None)), kind.noun)
    assert earliest <= stored.created_at.ToNanoseconds() <= time.time_ns()
    assert await kind.get(stub, "new") == stored


@with_parent
async def test_a_parent_that_is_not_there_is_named(stub: Backend, kind: Kind) -> None:
    stored = (await family(stub))[kind.noun]
    before = await revision(stub)
    nowhere = {kind.parent_field: "none"}
    for call in (
        kind.create(stub, kind.make("new", **nowhere)),
        kind.update(stub, kind.make(**nowhere)),
        kind.update(stub, kind.make(**nowhere), kind.parent_field),
    ):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == ("NOT_FOUND", f"{kind.parent.upper()}_NOT_FOUND")
        assert (refusal.metadata, refusal.resource) == ({"id": "none"}, (kind.parent, "none"))
    assert await kind.get(stub, kind.key_of(stored)) == stored
    assert await revision(stub) == before


@on_all
@every_kind
async def test_a_mask_changes_what_it_names_and_nothing_else(stub: Backend, kind: Kind) -> None:
    expected = (await family(stub))[kind.noun]
    given = kind.make(created_at=at(999), **kind.other) if kind.has_time else kind.make(**kind.other)
    for path, value in kind.other.items():
        before = await revision(stub)
        answer = await kind.update(stub, given, path)
        expected.ClearField(path)
        expected.MergeFrom(type(expected)(**{path: value}))
        assert getattr(answer, kind.noun) == expected
        assert answer.revision == before + 1
        assert await kind.get(stub, kind.key_of(expected)) == expected


@every_kind
async def test_without_a_mask_all_is_replaced_but_what_never_changes(stub: Backend, kind: Kind) -> None:
    await family(stub)
    key = kind.key_of(kind.make())
    time_ = {"created_at": at(999)} if kind.has_time else {}
    await kind.update(stub, kind.make(key, **kind.other, **time_))
    assert await kind.get(stub, key) == kind.make(key, **kind.other), "created_at is as it was"
    least: dict[str, Any] = {name: kind.other[name] for name in (*kind.needed, kind.parent_field) if name in kind.other}
    answer = await kind.update(stub, kind.make(key, **least))
    assert await kind.get(stub, key) == getattr(answer, kind.noun)
    assert getattr(answer, kind.noun) == kind.make(key, **least, **_defaults(kind))


def _defaults(kind: Kind) -> dict[str, str]:
    """Return what stands in for an enum that is unspecified."""
    return {"build": {"status": "BUILD_STATUS_QUEUED"}, "crash_log": {"priority": "CRASH_LOG_PRIORITY_MEDIUM"}}.get(
        kind.noun, {}
    )


@on_all
@every_kind
async def test_an_update_that_changes_nothing_is_no_commit(stub: Backend, kind: Kind) -> None:
    stored = (await family(stub))[kind.noun]
    before = await revision(stub)
    for paths in ((), tuple(kind.other)):
        answer = await kind.update(stub, stored, *paths)
        assert (getattr(answer, kind.noun), answer.revision) == (stored, before)
    assert await revision(stub) == before


@every_kind
async def test_a_path_that_is_unknown_or_never_changes_is_refused(stub: Backend, kind: Kind) -> None:
    stored = (await family(stub))[kind.noun]
    before = await revision(stub)
    given = kind.make(**kind.other)
    for path in (kind.key, "created_at", "nothing", "name.first", "", "*", "Name"):
        refusal = await refused(kind.update(stub, given, next(iter(kind.other)), path))
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_UPDATE_MASK")
        assert (refusal.metadata["path"], refusal.fields) == (path, ("update_mask",))
    assert await kind.get(stub, kind.key_of(stored)) == stored
    assert await revision(stub) == before


@every_kind
async def test_a_text_that_is_too_long_is_refused(stub: Backend, kind: Kind) -> None:
    await family(stub)
    before = await revision(stub)
    for name, most in kind.texts.items():
        refusal = await refused(kind.create(stub, kind.make(**{kind.key: "new"} | {name: "é" * (most + 1)})))
        path = f"{kind.noun}.{name}"
        assert (refusal.reason, refusal.metadata, refusal.fields) == ("VALIDATION_FAILED", {"field": path}, (path,))
    assert await revision(stub) == before


@every_kind
async def test_a_text_may_be_as_long_as_its_limit(stub: Backend, kind: Kind) -> None:
    """Counted in characters, not in bytes."""
    await family(stub)
    texts = {name: "é" * most for name, most in kind.texts.items() if name != kind.parent_field}
    made = kind.make(**texts, **_defaults(kind))
    assert getattr(await kind.create(stub, made), kind.noun) == made


@every_kind
async def test_what_is_needed_must_not_be_empty(stub: Backend, kind: Kind) -> None:
    await family(stub)
    for name in kind.needed:
        calls = [kind.create(stub, kind.make(**{kind.key: "new"} | {name: ""}))]
        calls += [kind.update(stub, kind.make(**{name: ""}), name)] if name != kind.key else []
        for call in calls:
            refusal = await refused(call)
            assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", (f"{kind.noun}.{name}",))


@every_kind
async def test_ids_have_no_control_characters(stub: Backend, kind: Kind) -> None:
    await family(stub)
    for bad in ("a\nb", "\x00", "tab\t", "\x7f", "\x85", "\u2028"):
        refusal = await refused(kind.create(stub, kind.make(bad)))
        assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", (f"{kind.noun}.{kind.key}",))
        for call in (kind.get(stub, bad), kind.delete(stub, bad)):
            refusal = await refused(call)
            assert (refusal.reason, refusal.metadata, refusal.fields) == ("VALIDATION_FAILED", {"field": "id"}, ("id",))


@every_kind
async def test_ids_are_any_other_text(stub: Backend, kind: Kind) -> None:
    await family(stub)
    for odd in (" ", "a/b", "%", "'; DROP TABLE builds; --", "*", "<x>:y+z", "日本語 🙂", "a" * 255):
        await kind.create(stub, kind.make(odd))
        assert kind.key_of(await kind.get(stub, odd)) == odd
        await kind.delete(stub, odd)


@with_time
async def test_times_are_of_this_age(stub: Backend, kind: Kind) -> None:
    await family(stub)
    ages = [{"seconds": seconds} for seconds in (-(2**62), -10_000_000_000, 10_000_000_000, 253_402_300_800)]
    for bad in [*ages, {"seconds": 1, "nanos": -1}, {"seconds": 1, "nanos": 10**9}]:
        refusal = await refused(kind.create(stub, kind.make("new", created_at=bad)))
        assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", (f"{kind.noun}.created_at",))
    for year in (1700, 2200):
        made = kind.make(f"{year}", created_at={"seconds": (year - 1970) * 31_556_952, "nanos": 1}, **_defaults(kind))
        assert getattr(await kind.create(stub, made), kind.noun) == made


@every_kind
async def test_a_request_without_its_message_names_what_is_missing(stub: Backend, kind: Kind) -> None:
    for rpc in ("Create", "Update"):
        call = getattr(stub, f"{rpc}{kind.name}")(getattr(pb, f"{rpc}{kind.name}Request")())
        refusal = await refused(call)
        assert refusal.reason == "VALIDATION_FAILED"
        assert refusal.fields[0].startswith(f"{kind.noun}.")
