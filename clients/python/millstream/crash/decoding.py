"""Bytes into text: only what is surely text gets through, and never more than a crash log may hold."""

import codecs

from millstream.crash.errors import CrashReportError

MAX_BYTES = 3 * 1024 * 1024
"""The longest report, in bytes of UTF-8: what `CrashLog.content` may hold."""

MAX_FILE_BYTES = 2 * MAX_BYTES + 2
"""The longest file that can hold such a report (it may be UTF-16): read no more than one byte beyond this."""

# What files begin with that people take for crash reports, or drop beside them.
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"bplist00", "a binary property list"),
    (b"plcrash", "a binary report of PLCrashReporter"),
    (b"MDMP", "a minidump"),
    (b"book\0\0\0\0mark", "a macOS alias, not the file it points to"),
    (b"\xcf\xfa\xed\xfe", "a Mach-O binary"),
    (b"\xce\xfa\xed\xfe", "a Mach-O binary"),
    (b"\xca\xfe\xba\xbe", "a Mach-O binary"),
    (b"\x7fELF", "an ELF binary"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF document"),
)


def decode(data: bytes) -> str:
    """Decode a file: UTF-8, with or without a byte order mark, or UTF-16 with one. The mark is left out.

    Raises CrashReportError for what is empty, too long or not text.
    """
    _refuse_binary(data)
    if len(data) > MAX_FILE_BYTES:
        raise _too_long()
    text = _decode_text(data)
    if not text.strip():
        raise CrashReportError("the file is empty")
    if len(text.encode()) > MAX_BYTES:
        raise _too_long()
    if "\0" in text:
        raise CrashReportError("not text: it holds NUL bytes")
    return text


def _refuse_binary(data: bytes) -> None:
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            raise CrashReportError(f"not text: it is {what}")


def _decode_text(data: bytes) -> str:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise CrashReportError(f"not text: byte {error.start + 1} is not valid {name}") from error


def _too_long() -> CrashReportError:
    return CrashReportError(f"too long: a report has at most {MAX_BYTES // 1024 // 1024} MiB")
