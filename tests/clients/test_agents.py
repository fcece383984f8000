"""Every RPC about coding agents through both clients against a real service."""

from datetime import UTC, datetime, timedelta

import pytest

from millstream import (
    GitHubIssue,
    Instance,
    InstanceStatus,
    InstanceType,
    McpEvent,
    Relationship,
    RelationshipType,
    errors,
)
from tests.clients.either import Either

REVIEW = InstanceType.INSTANCE_TYPE_REVIEW
STARTED = InstanceStatus.INSTANCE_STATUS_STARTED
WAITING = InstanceStatus.INSTANCE_STATUS_WAITING_REVIEW
MERGED = InstanceStatus.INSTANCE_STATUS_PR_MERGED
SPAWNED = RelationshipType.RELATIONSHIP_TYPE_SPAWNED_REVIEW


@pytest.fixture
def instance(either: Either) -> Instance:
    made: Instance = either.call("create_instance", Instance(issue_number=7, branch_name="steam")).instance
    return made


def test_instances(either: Either) -> None:
    created = either.call("create_instance", Instance(issue_number=7)).instance
    assert created.id == "work-7-a1"
    named = either.call("create_instance", Instance(id="mine", type=REVIEW, parent_instance_id=created.id)).instance
    with pytest.raises(errors.InstanceExistsError):
        either.call("create_instance", Instance(id="mine"))
    with pytest.raises(errors.ParentInstanceNotFoundError):
        either.call("create_instance", Instance(parent_instance_id="nobody"))
    assert either.call("get_instance", "mine") == named
    updated = either.call(
        "update_instance", Instance(id="mine", branch_name="b", pr_number=3), ["branch_name"]
    ).instance
    assert (updated.branch_name, updated.pr_number) == ("b", 0)
    assert either.some(None, "list_instances", page_size=1) == [created, updated]
    assert either.some(None, "list_instances", descending=True) == [updated, created]
    assert either.some(None, "list_instances", types=[REVIEW]) == [updated]
    assert either.some(None, "list_instances", statuses=[WAITING]) == []
    assert either.some(None, "list_instances", issue_number=7) == [created]
    assert either.some(None, "list_instances", issue_number=0) == [updated]
    assert either.some(None, "list_instances", parent_instance=created.id) == [updated]
    assert either.some(None, "list_instances", parent_instance="") == [created]
    assert either.some(1, "watch_instances", descending=True, limit=1) == [[updated]]
    assert either.some(1, "watch_instance", "mine") == [updated]
    replaced = either.call("replace_instance", Instance(id="mine", type=REVIEW, pr_number=3)).instance
    assert (replaced.branch_name, replaced.pr_number) == ("", 3)
    assert either.call("delete_instance", "mine").revision > 0
    assert either.some(1, "watch_instance", "mine") == [None]
    with pytest.raises(errors.InstanceNotFoundError):
        either.call("delete_instance", "mine")


def test_statuses(either: Either, instance: Instance) -> None:
    answer = either.call("update_instance_status", instance.id, WAITING)
    assert answer.instance.status == WAITING
    assert answer.mcp_event.status_change == WAITING
    with pytest.raises(errors.InvalidStatusTransitionError) as refused:
        either.call("update_instance_status", instance.id, MERGED)
    assert refused.value.metadata["from"] == "WAITING_REVIEW"


def test_events(either: Either, instance: Instance) -> None:
    logged = [
        either.call("log_mcp_event", McpEvent(instance_id=instance.id, tool_name=f"tool{number}")).mcp_event
        for number in range(3)
    ]
    assert either.some(None, "list_mcp_events", instance.id, page_size=2) == logged[::-1]
    assert either.some(None, "list_recent_mcp_events", page_size=2) == logged[::-1]
    before = datetime.now(UTC) - timedelta(minutes=1)
    assert either.some(None, "list_recent_mcp_events", before) == logged[::-1]
    assert either.some(None, "list_recent_mcp_events", before + timedelta(hours=1)) == []
    assert either.some(3, "tail_mcp_events") == logged
    assert either.some(2, "tail_mcp_events", instance.id, logged[0].id) == logged[1:]
    with pytest.raises(errors.InstanceNotFoundError):
        either.call("log_mcp_event", McpEvent(instance_id="nobody"))
    with pytest.raises(errors.InstanceNotFoundError):
        either.some(1, "tail_mcp_events", "nobody")


def test_relationships(either: Either, instance: Instance) -> None:
    either.call("create_instance", Instance(id="child"))
    wanted = Relationship(parent_instance=instance.id, child_instance="child", type=SPAWNED)
    created = either.call("create_relationship", wanted).relationship
    assert created.review_iteration == 1
    with pytest.raises(errors.RelationshipExistsError):
        either.call("create_relationship", wanted)
    with pytest.raises(errors.ChildInstanceNotFoundError):
        either.call("create_relationship", Relationship(parent_instance="child", child_instance="x", type=SPAWNED))
    changed = Relationship(id=created.id, review_iteration=2)
    updated = either.call("update_relationship", changed, ["review_iteration"]).relationship
    assert updated.review_iteration == 2
    with pytest.raises(errors.ReviewLimitReachedError):
        either.call("update_relationship", Relationship(id=created.id, review_iteration=4), ["review_iteration"])
    assert either.some(None, "list_relationships", "child", page_size=1) == [updated]
    assert either.some(1, "watch_relationships") == [[updated]]
    assert either.some(1, "watch_relationships", instance.id) == [[updated]]
    replaced = either.call("replace_relationship", Relationship(id=created.id, review_iteration=1)).relationship
    assert replaced.review_iteration == 1


def test_issues(either: Either) -> None:
    issue = GitHubIssue(repo_owner="octocat", repo_name="kettle", number=1, title="It drips")
    stored = either.call("upsert_github_issue", issue).github_issue
    assert either.call("get_github_issue", "octocat", "kettle", 1) == stored
    second = GitHubIssue(repo_owner="octocat", repo_name="kettle", number=2, state="closed")
    answer = either.call("sync_github_issues", [stored, second])
    assert (answer.created, answer.updated, answer.unchanged) == (1, 0, 1)
    (issues,) = either.some(1, "watch_github_issues", "octocat", "kettle")
    assert [one.number for one in issues] == [1, 2]
    (closed,) = either.some(1, "watch_github_issues", "octocat", "kettle", "closed")
    assert [one.number for one in closed] == [2]
    with pytest.raises(errors.GitHubIssueNotFoundError):
        either.call("get_github_issue", "octocat", "kettle", 3)


def test_settings(either: Either) -> None:
    entry = either.call("set_config", "a", "1").config_entry
    assert either.call("get_config", "a") == entry
    other = either.call("set_config", "b", "2").config_entry
    assert either.some(None, "list_config", page_size=1) == [entry, other]
    assert either.some(1, "watch_config", "a") == [entry]
    with pytest.raises(errors.EncryptionKeyMissingError):
        either.call("set_config", "a", "secret", encrypted=True)
    either.call("delete_config", "a")
    assert either.some(1, "watch_config", "a") == [None]
    with pytest.raises(errors.ConfigNotFoundError):
        either.call("get_config", "a")
    with pytest.raises(errors.ConfigNotFoundError):
        either.call("delete_config", "a")
