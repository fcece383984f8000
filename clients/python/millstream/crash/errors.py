"""What makes a file unreadable as a crash report.

ValueError
    CrashReportError    the bytes are not one crash report
"""


class CrashReportError(ValueError):
    """The bytes are not one crash report. `str()` says in one line what they seem to be, to show to a person."""
