"""JSON for scripts is protobuf's own, and reads back as the message it came from."""

import json

import pytest
from google.protobuf.json_format import Parse

from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.builds.v1.build_pb2 import BUILD_STATUS_RUNNING, Build
from millstream.cli.shared.errors import CommandError
from millstream.cli.shared.json_output import as_dict, json_array, json_line, json_text


def test_fields_have_the_protos_names_and_defaults_are_there() -> None:
    fields = as_dict(Build(id="x", build_number=268, status=BUILD_STATUS_RUNNING))
    assert fields["build_number"] == "268"
    assert fields["status"] == "BUILD_STATUS_RUNNING"
    assert (fields["progress"], fields["export_options"], fields["commit_hash"]) == (0.0, [], "")
    assert "start_date" not in fields


def test_a_line_reads_back() -> None:
    line = BuildLog(id="b/1", build_id="b", seq=1, category="stderr", content='café "quoted"\n\u2028')
    text = json_line(line)
    assert "\n" not in text
    assert "café" in text
    assert Parse(text, BuildLog()) == line


def test_a_list_is_one_array() -> None:
    assert json.loads(json_array([])) == []
    assert [build["id"] for build in json.loads(json_array([Build(id="a"), Build(id="b")]))] == ["a", "b"]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_an_error_in_words(number: float) -> None:
    event = McpEvent(id=1)
    event.metadata.update({"n": number})
    for write in (json_line, as_dict, lambda one: json_array([one])):
        with pytest.raises(CommandError, match="a McpEvent can't be printed as JSON"):
            write(event)
    with pytest.raises(ValueError, match="JSON"):
        json_text({"n": number})
