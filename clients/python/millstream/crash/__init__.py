"""Apple's crash reports: read into crash logs, and brought to the builds that crashed."""

from millstream.crash.errors import CrashReportError
from millstream.crash.reader import parse_report
from millstream.crash.report import CrashReport
from millstream.crash.versions import VersionReading

__all__ = ["CrashReport", "CrashReportError", "VersionReading", "parse_report"]
