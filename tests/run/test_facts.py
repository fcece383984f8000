"""The messages that a build begins with."""

from pathlib import Path

from millstream import BuildStatus
from millstream.run.facts.facts import Facts, gather
from millstream.run.spool.request import Request


def request(folder: Path, **fields: object) -> Request:
    values: dict[str, object] = {
        "build_id": "build-1",
        "writer_id": "writer-1",
        "created_us": 1_700_000_000_000_001,
        "folder": str(folder),
        "project_id": "local.work",
        "project_name": "work",
        "scheme_name": "beta",
    }
    return Request(**(values | fields))  # type: ignore[arg-type]


def test_they_come_back_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "facts.binpb"
    assert Facts.load(path) is None
    facts = gather(request(tmp_path))
    facts.save(path)
    assert Facts.load(path) == facts
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert Facts.load(path) is None, size


def test_a_build_begins_queued_with_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "Orbit.xcodeproj").mkdir()
    facts = gather(request(tmp_path, version="2.0", build_number=41))
    assert facts.build.status == BuildStatus.BUILD_STATUS_QUEUED
    assert (facts.build.version_string, facts.build.build_number) == ("2.0", 41)
    assert facts.build.created_at.ToMicroseconds() == 1_700_000_000_000_001
    assert facts.build.os_version
    assert facts.build.memory > 0
    assert facts.project.xcodeproj_name == "Orbit.xcodeproj"
    assert facts.project.working_directory == str(tmp_path)
    assert len(facts.scheme.platforms) == 1


def test_runs_that_create_a_scheme_at_once_create_the_same_one(tmp_path: Path) -> None:
    first, second = (gather(request(tmp_path, build_id=build_id)).scheme for build_id in ("a", "b"))
    assert first == second
    assert first.id != gather(request(tmp_path, scheme_name="gamma")).scheme.id
    assert first.id != gather(request(tmp_path, project_id="local.other")).scheme.id


def test_texts_are_cut_to_what_the_service_takes(tmp_path: Path) -> None:
    build = gather(request(tmp_path, version="1\n" * 300)).build
    assert len(build.version_string) == 255
    assert "\n" not in build.version_string
