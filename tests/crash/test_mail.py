"""A report keeps what it says, its identifier too, through mail and web pages."""

import dataclasses
import html
import json
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.crash import CrashReport, CrashReportError, parse_report
from tests.crash.samples import JSON_BODY, JSON_HEADER, JSON_REPORT, read_sample
from tests.crash.test_samples import EXPECTED

MARKS = st.sampled_from(["> ", ">", "| ", " > "])
PROSE = st.sampled_from(["", "Hello,\n", "On Tuesday Ada wrote:\n", "a\n\nb: c\n", "Process: see below\n"])
WHOLE = [name for name in EXPECTED if name != "quoted_in_a_mail.ips"]


def quoted(text: str, mark: str) -> str:
    return "".join(f"{mark}{line}".rstrip(" ") + "\n" for line in text.split("\n"))


def said(report: CrashReport) -> CrashReport:
    return dataclasses.replace(report, content="")


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(MARKS, PROSE, PROSE), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_report_quoted_some_times_with_prose_around_it_says_the_same(
    name: str, levels: list[tuple[str, str, str]], line_end: str, encoding: str
) -> None:
    data = read_sample(name)
    text = data.decode().replace("\r\n", "\n").rstrip("\n")
    for mark, above, below in levels:
        text = above + quoted(text, mark) + below
    report = parse_report(text.replace("\n", line_end).encode(encoding))
    assert said(report) == said(parse_report(data))
    assert report.content == text.replace("\n", line_end)


@pytest.mark.parametrize("between", ["", " ", "\t", "  "])
@pytest.mark.parametrize("mark", ["", "> ", "> > "])
def test_header_and_body_in_one_line(between: str, mark: str) -> None:
    body = json.dumps(json.loads(JSON_BODY))
    report = parse_report(f"{mark}{JSON_HEADER}{between}{body}\n".encode())
    assert said(report) == said(parse_report(JSON_REPORT.encode()))


@pytest.mark.parametrize("name", WHOLE)
def test_a_report_as_quoted_printable(name: str) -> None:
    data = read_sample(name).replace(b"\r\n", b"\n")
    assert said(parse_report(quopri.encodestring(data))) == said(parse_report(data))


@pytest.mark.parametrize("mark", ["", "> "])
def test_a_report_taken_from_the_source_of_a_web_page(mark: str) -> None:
    page = html.escape(quoted(JSON_REPORT, mark))
    assert said(parse_report(page.encode())) == said(parse_report(JSON_REPORT.encode()))


@pytest.mark.parametrize("wrapped", ["\n", " \n", "\n> "])
def test_a_line_that_was_wrapped_in_the_middle_of_a_value(wrapped: str) -> None:
    mark = "> " if ">" in wrapped else ""
    text = quoted(JSON_REPORT, mark).replace("iPhone OS 17.3 (", f"iPhone OS{wrapped}17.3 (")
    assert said(parse_report(text.encode())) == said(parse_report(JSON_REPORT.encode()))


def test_a_report_and_another_that_is_quoted_are_two() -> None:
    other = JSON_REPORT.replace("3080438B", "4080438B")
    with pytest.raises(CrashReportError, match="several crash reports"):
        parse_report((JSON_REPORT + quoted(other, "> ")).encode())
