import codecs

import pytest

from millstream.crash import CrashReportError, parse_report
from millstream.crash.decoding import MAX_BYTES, MAX_FILE_BYTES, decode
from tests.crash.samples import IOS_TEXT, JSON_REPORT


@pytest.mark.parametrize(
    "data",
    [
        IOS_TEXT.encode(),
        codecs.BOM_UTF8 + IOS_TEXT.encode(),
        IOS_TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + IOS_TEXT.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with a mark", "utf-16", "utf-16, big end first"],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_text_is_read_in_all_the_ways_it_may_be_saved(data: bytes, newline: str) -> None:
    encoding = "utf-16" if data[:1] in (b"\xff", b"\xfe") else "utf-8-sig"
    saved = decode(data).replace("\n", newline)
    report = parse_report(saved.encode(encoding))
    assert report.incident_identifier == "7832B73B-9521-4571-B2AE-CCD99AC61AA9"
    assert report.os_version == "iPhone OS 14.0 (18A373)"
    assert report.is_main_thread
    assert report.content == saved


def test_json_is_read_with_a_mark_and_other_newlines() -> None:
    report = parse_report(codecs.BOM_UTF8 + JSON_REPORT.replace("\n", "\r\n").encode())
    assert (report.process, report.is_main_thread) == ("Demo", False)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b" \r\n\t\n", "the file is empty"),
        (codecs.BOM_UTF8, "the file is empty"),
        (b"PK\x03\x04rest", "a zip archive"),
        (b"bplist00rest", "a binary property list"),
        (b"plcrash\x01rest", "a binary report of PLCrashReporter"),
        (b"MDMP\x93\xa7", "a minidump"),
        (b"book\0\0\0\0mark\0\0\0\0", "a macOS alias"),
        (b"\xcf\xfa\xed\xfe\x0c", "a Mach-O binary"),
        (b"Process: Caf\xe9 [1]\n", "byte 13 is not valid UTF-8"),
        (codecs.BOM_UTF16_LE + b"odd", "is not valid UTF-16"),
        ("Process: a [1]".encode("utf-16-le"), "NUL bytes"),
        (IOS_TEXT.encode("utf-32"), "NUL bytes"),
    ],
)
def test_what_is_no_text_is_refused_for_what_it_is(data: bytes, reason: str) -> None:
    with pytest.raises(CrashReportError, match=reason):
        parse_report(data)


def test_the_longest_report_is_read_and_the_next_longer_is_not() -> None:
    longest = IOS_TEXT + "x" * (MAX_BYTES - len(IOS_TEXT))
    assert len(parse_report(longest.encode()).content.encode()) == MAX_BYTES
    assert parse_report(longest.encode("utf-16")).content == longest
    for too_long in (f"{longest}x".encode(), f"{longest}x".encode("utf-16"), b"x" * (MAX_FILE_BYTES + 1)):
        with pytest.raises(CrashReportError, match="at most 3 MiB"):
            parse_report(too_long)


def test_the_limit_counts_bytes_not_characters() -> None:
    with pytest.raises(CrashReportError, match="at most 3 MiB"):
        decode(("é" * (MAX_BYTES // 2 + 1)).encode())
