"""Saying who one is, and how far one has come."""

from pathlib import Path

from millstream import Client, Instance, Relationship, RelationshipType
from millstream.testing import MillstreamService
from tests.mcp.tools import Tools, in_one_task, served_here


async def test_an_agent_registers_itself(tools: Tools, millstream_client: Client, tmp_path: Path) -> None:
    millstream_client.agents.create_instance(Instance(id="boss"))
    made = await tools(
        "register_instance",
        type="review",
        issue_number=7,
        parent_instance_id="boss",
        worktree_path=str(tmp_path),
        branch_name="fix-7",
        base_branch="main",
        tmux_session="seven",
        process_id=77,
    )
    assert (made["id"], made["type"], made["status"], made["agent_number"]) == ("work-7-a1", "review", "started", 1)
    stored = millstream_client.agents.get_instance("work-7-a1")
    assert (stored.parent_instance_id, stored.worktree_path, stored.branch_name) == ("boss", str(tmp_path), "fix-7")
    assert (stored.base_branch, stored.tmux_session, stored.process_id) == ("main", "seven", 77)
    own = await tools("get_instance")
    assert own["is_own"]
    assert own["instance"]["id"] == "work-7-a1"


async def test_what_is_wrong_with_a_registration_is_named(tools: Tools, millstream_client: Client) -> None:
    millstream_client.agents.create_instance(Instance(id="taken"))
    assert (await tools.refused("register_instance", id="taken")).startswith("INSTANCE_EXISTS")
    said = await tools.refused("register_instance", parent_instance_id="nobody")
    assert said.startswith("PARENT_INSTANCE_NOT_FOUND")
    said = await tools.refused("register_instance", branch_name="a\0b")
    assert said == "VALIDATION_FAILED: branch_name: has a NUL character (U+0000)"
    said = await tools.refused("register_instance", type="sleeping")
    assert said == "VALIDATION_FAILED: type: Input should be 'coding', 'review' or 'planning'"
    said = await tools.refused("register_instance", issue_number=-1)
    assert said.startswith("VALIDATION_FAILED: issue_number: ")
    assert (await tools("register_instance"))["id"] == "work-a2"  # what was refused left the session free


async def test_a_session_is_one_instance(tools: Tools, millstream_client: Client) -> None:
    millstream_client.agents.create_instance(Instance(id="other"))
    await tools("register_instance", id="me")
    assert await tools.refused("register_instance") == "this session is registered as me already"
    assert await tools.refused("resume_instance", id="other") == "this session is registered as me already"
    assert (await tools("resume_instance", id="me"))["id"] == "me"


async def test_an_instance_is_gone_on_with_after_a_restart(
    millstream_service: MillstreamService, millstream_client: Client
) -> None:
    async with in_one_task(served_here(millstream_service.address)) as tools:
        token = (await tools("register_instance", id="me", branch_name="mine"))["resume_token"]
        assert token not in str(await tools.events())
    async with in_one_task(served_here(millstream_service.address)) as tools:
        assert (await tools("resume_instance", id="me", resume_token=token))["branch_name"] == "mine"
        assert (await tools("update_instance_status", status="waiting_review"))["status"] == "waiting_review"
        assert [event["tool_name"] for event in await tools.events() if "tool_name" in event] == [
            *("register_instance", "list_events", "resume_instance", "update_instance_status"),
        ]
    kept = [event.metadata for event in millstream_client.agents.list_mcp_events("me")]
    assert token not in str(kept)


async def test_nobody_takes_over_the_instance_of_another(
    millstream_service: MillstreamService, millstream_client: Client
) -> None:
    millstream_client.agents.create_instance(Instance(id="made elsewhere"))
    async with in_one_task(served_here(millstream_service.address)) as tools:
        others = (await tools("register_instance", id="other"))["resume_token"]
        for number in range(120):
            await tools("log_event", tool_name="register_instance", metadata={"resume_token_sha256": str(number)})
    async with in_one_task(served_here(millstream_service.address)) as tools:
        await tools("register_instance", id="mine")
    async with in_one_task(served_here(millstream_service.address)) as tools:
        for key, token in (("mine", others), ("mine", ""), ("other", ""), ("other", "0")):
            said = await tools.refused("resume_instance", id=key, resume_token=token)
            assert said == f"this is not the resume_token that {key} was registered with"
        for token in ("", others):
            said = await tools.refused("resume_instance", id="made elsewhere", resume_token=token)
            assert said.startswith("made elsewhere was not registered by a tool")
        assert "call register_instance first" in await tools.refused("list_events")
        assert (await tools("resume_instance", id="other", resume_token=others))["id"] == "other"


async def test_an_instance_that_is_made_anew_has_another_token(
    millstream_service: MillstreamService, millstream_client: Client
) -> None:
    async with in_one_task(served_here(millstream_service.address)) as tools:
        old = (await tools("register_instance", id="me"))["resume_token"]
    millstream_client.agents.delete_instance("me")
    millstream_client.agents.create_instance(Instance(id="me"))
    async with in_one_task(served_here(millstream_service.address)) as tools:
        assert (await tools.refused("resume_instance", id="me", resume_token=old)).startswith("me was not registered")


async def test_who_is_not_there_can_not_be_resumed(tools: Tools) -> None:
    assert (await tools.refused("resume_instance", id="nobody")).startswith("INSTANCE_NOT_FOUND")
    assert "register_instance first" in await tools.refused("get_instance")


async def test_whoever_starts_an_agent_may_say_who_it_is(
    millstream_service: MillstreamService, millstream_client: Client
) -> None:
    millstream_client.agents.create_instance(Instance(id="given"))
    async with in_one_task(served_here(millstream_service.address, "given")) as tools:
        assert (await tools("get_instance"))["instance"]["id"] == "given"
        assert (await tools.refused("register_instance")) == "this session is registered as given already"
        assert len(await tools.events()) == 2


async def test_a_status_goes_its_way_and_no_other(tools: Tools, millstream_client: Client) -> None:
    await tools("register_instance", id="me")
    for status in ("waiting_review", "started", "pr_created", "pr_merged", "terminated"):
        assert (await tools("update_instance_status", status=status))["status"] == status
    assert (await tools.refused("update_instance_status", status="started")).startswith("INVALID_STATUS_TRANSITION")
    assert "terminated_at" in (await tools("get_instance"))["instance"]


async def test_what_is_said_of_it_can_be_changed(tools: Tools, millstream_client: Client) -> None:
    await tools("register_instance", id="me", branch_name="first", process_id=7)
    changed = await tools("update_instance", pr_number=12, pr_url="https://example.com/12", process_id=0)
    assert (changed["pr_number"], changed["branch_name"], changed.get("process_id")) == (12, "first", None)
    assert millstream_client.agents.get_instance("me").pr_url == "https://example.com/12"
    assert "at least one of" in await tools.refused("update_instance")


async def test_nothing_of_it_can_be_changed_before_it_is_there(tools: Tools) -> None:
    for name, arguments in (
        ("update_instance", {"pr_number": 1}),
        ("update_instance_status", {"status": "terminated"}),
        ("log_event", {"tool_name": "a"}),
        ("list_events", {}),
        ("list_siblings", {}),
    ):
        assert "call register_instance first" in await tools.refused(name, **arguments)


async def test_relationships_are_told(tools: Tools, millstream_client: Client) -> None:
    for key in ("me", "reviewer"):
        millstream_client.agents.create_instance(Instance(id=key))
    reviews = RelationshipType.RELATIONSHIP_TYPE_SPAWNED_REVIEW
    millstream_client.agents.create_relationship(
        Relationship(parent_instance="me", child_instance="reviewer", type=reviews)
    )
    (related,) = (await tools("get_instance", id="me"))["relationships"]
    assert (related["parent_instance"], related["child_instance"], related["review_iteration"]) == ("me", "reviewer", 1)
    assert "review" in related["type"]


async def test_siblings_share_an_issue_or_a_parent(tools: Tools, millstream_client: Client) -> None:
    for key, fields in {
        "boss": {},
        "same-issue": {"issue_number": 5},
        "same-parent": {"parent_instance_id": "boss"},
        "same-both": {"issue_number": 5, "parent_instance_id": "boss"},
        "ended": {"issue_number": 5, "status": 6},
        "stranger": {"issue_number": 6},
    }.items():
        millstream_client.agents.create_instance(Instance(id=key, **fields))  # type: ignore[arg-type]
    await tools("register_instance", id="me", issue_number=5, parent_instance_id="boss")
    found = await tools("list_siblings")
    assert found["instance_id"] == "me"
    assert {sibling["id"]: sibling["shares"] for sibling in found["siblings"]} == {
        "same-issue": ["issue"],
        "same-parent": ["parent"],
        "same-both": ["parent", "issue"],
    }
    with_ended = await tools("list_siblings", include_terminated=True)
    assert "ended" in {sibling["id"] for sibling in with_ended["siblings"]}
    first = await tools("list_siblings", limit=1)
    assert ([sibling["id"] for sibling in first["siblings"]], first["more"]) == (["same-both"], True)
    of_another = await tools("list_siblings", instance_id="stranger")
    assert of_another["siblings"] == []
