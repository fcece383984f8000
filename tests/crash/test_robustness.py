"""Whatever the bytes, there is a report or a CrashReportError, soon."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.crash import CrashReport, CrashReportError, parse_report
from millstream.crash.decoding import MAX_BYTES
from tests.crash.samples import IOS_TEXT, JSON_BODY, JSON_HEADER, all_samples, read_sample

SAMPLES = {name: read_sample(name) for name in all_samples()}
LONG = MAX_BYTES // 3
EXAMPLES = settings(max_examples=150, deadline=None)


def check(data: bytes) -> None:
    """What is read can be stored: its message holds it, and every field keeps its limit."""
    try:
        report = parse_report(data)
    except CrashReportError as error:
        reason = str(error)
    else:
        check_report(report)
        return
    assert reason
    assert "\n" not in reason


def check_report(report: CrashReport) -> None:
    message = report.to_message("a-build")
    assert message.SerializeToString()
    assert 1 <= len(message.incident_identifier) <= 255
    assert message.incident_identifier.isprintable()
    assert len(message.content.encode()) <= MAX_BYTES
    for value in (message.process, message.hardware_model, message.os_version, report.bundle_identifier):
        assert len(value) <= 255
    for reading in report.versions:
        assert reading.version_string


@EXAMPLES
@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    check(data)


@EXAMPLES
@given(st.text(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_text_after_a_beginning_that_looks_right(text: str, encoding: str) -> None:
    for beginning in ("", "Incident Identifier: ", "Process: a [1]\nException Type: ", f"{JSON_HEADER}\n", "{"):
        check((beginning + text).encode(encoding, "replace"))


@EXAMPLES
@given(st.sampled_from(sorted(SAMPLES)), st.floats(0, 1))
def test_a_sample_cut_off_anywhere(name: str, part: float) -> None:
    data = SAMPLES[name]
    check(data[: round(len(data) * part)])


@EXAMPLES
@given(st.sampled_from(sorted(SAMPLES)), st.floats(0, 1))
def test_a_sample_without_its_beginning(name: str, part: float) -> None:
    data = SAMPLES[name]
    check(data[round(len(data) * part) :])


@EXAMPLES
@given(st.sampled_from(sorted(SAMPLES)), st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8), st.integers(0, 8))))
def test_a_sample_with_other_bytes_in_it(name: str, changes: list[tuple[float, bytes, int]]) -> None:
    data = SAMPLES[name]
    for part, replacement, removed in changes:
        place = round(len(data) * part)
        data = data[:place] + replacement + data[place + removed :]
    check(data)


@EXAMPLES
@given(st.sampled_from(sorted(SAMPLES)), st.integers())
def test_a_sample_with_its_first_lines_shuffled(name: str, seed: int) -> None:
    lines = SAMPLES[name].splitlines(keepends=True)
    first = lines[:40]
    random.Random(seed).shuffle(first)
    check(b"".join(first + lines[40:]))


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)  # halves of surrogate pairs too
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@EXAMPLES
@given(st.data())
def test_a_body_with_any_values(data: st.DataObject) -> None:
    header, body = json.loads(JSON_HEADER), json.loads(JSON_BODY)
    for part in (header, body):
        for name in data.draw(st.sets(st.sampled_from(sorted(part)), max_size=4)):
            part[name] = data.draw(JSON_VALUES)
    check(f"{json.dumps(header)}\n{json.dumps(body, indent=1)}".encode())


TEXT = IOS_TEXT.encode()
HEADER = JSON_HEADER.encode() + b"\n"

# Each makes a naive parser read the text again and again: with a backtracking pattern, or from each brace on.
TRAPS = {
    "empty lines": (TEXT, b"\n"),
    "carriage returns": (TEXT, b"\r"),
    "one line of blanks": (b"Process: a", b" "),
    "lines of blanks": (TEXT, b" \t \n"),
    "open braces": (HEADER, b"{"),
    "lines of open braces": (HEADER, b"{\n"),
    "lines of broken objects": (HEADER, b'{"\n'),
    "lines of objects": (HEADER, b"{}\n"),
    "objects never closed": (HEADER, b'{"a":\n'),
    "lists in lists": (HEADER + b'{"a":', b"["),
    "objects in objects": (HEADER, b'{"a":'),
    "a number without end": (HEADER + b'{"a":', b"9"),
    "a string without end": (HEADER + b'{"a":"', b"x"),
    "brackets": (b"Process: ", b"[1"),
    "numbers in brackets": (b"Process: ", b"[1] "),
    "threads": (TEXT, b"Thread 1 name: a\n"),
    "a thread without end": (TEXT + b"Thread ", b"9"),
    "identifiers": (b"", b"Incident Identifier:\n"),
    "fields": (b"Process: a [1]\n", b"Version: 1 (1)\n"),
    "a version of parentheses": (b"Process: a [1]\nException Type: b\nVersion: ", b"("),
    "quotes": (b"", b"> "),
    "quoted lines": (b"", b"> a\n"),
    "lines quoted ten times": (b"", b"> " * 10 + b"a\n"),
    "a wrapped string of blanks": (HEADER + b'{"a":"\n', b" "),
    "wrapped strings": (HEADER, b'{"a":"b \n c"}\n'),
    "entities": (b"&quot;", b"&gt;\n"),
    "soft breaks": (b"=3D", b"=\n"),
    "objects in one line": (HEADER, b"{}"),
}


@pytest.mark.slow(1)
@pytest.mark.parametrize("trap", TRAPS)
def test_the_time_grows_with_the_length_alone(trap: str) -> None:
    """At 1 MiB each is read within a second; a time that grew with the square would take hours (and time out)."""
    beginning, unit = TRAPS[trap]
    check(beginning + unit * ((LONG - len(beginning)) // len(unit)))


@pytest.mark.parametrize("depth", [500, 5_000, 100_000])
def test_json_nested_too_deep_is_refused(depth: int) -> None:
    check(HEADER + b'{"exception":{},"a":' + b"[" * depth + b"]" * depth + b"}")
    check(HEADER + b'{"exception":' * depth + b"1" + b"}" * depth)
