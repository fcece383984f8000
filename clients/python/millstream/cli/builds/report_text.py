"""The report about one build, for people."""

import shlex
from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from millstream.builds.v1.build_pb2 import Build, ExportOption
from millstream.builds.v1.crash_log_pb2 import CrashLog, CrashLogPriority
from millstream.cli.builds.report import BuildReport, LogSummary
from millstream.cli.builds.row import percent
from millstream.cli.builds.status_line import build_name
from millstream.cli.shared.printable import visible
from millstream.cli.shared.style import ENDED, LEVEL_STYLE, STATUS_SIGN, STATUS_STYLE, status_name
from millstream.cli.shared.tally import format_count
from millstream.cli.shared.time_span import age, duration, moment, span, when

LABEL_WIDTH = 11


def report_lines(report: BuildReport, now: datetime) -> Iterator[Text]:
    """Return the lines of the report. What is not known has no line."""
    yield Text.assemble(
        (build_name(report.origin.project.name, report.build), "bold"), "  ", status_text(report.build, now)
    )
    yield Text()
    for label, value in _facts(report, now):
        if value:
            yield Text.assemble((label.ljust(LABEL_WIDTH), "dim"), visible(value))
    yield from _log_lines(report.log, now)
    yield from _crash_lines(report.crash_logs, now)


def status_text(build: Build, now: datetime) -> Text:
    """`✓ completed in 1m 12s`, `● running 45% for 12s`."""
    name = status_name(build.status)
    length = duration(build, now)
    preposition = "in" if build.status in ENDED else "for"
    progress = f" {percent(build.progress)}" if _is_telling(build, name) else ""
    text = f"{STATUS_SIGN.get(name, '?')} {name}{progress}"
    return Text.assemble((text, STATUS_STYLE.get(name, "")), "" if length is None else f" {preposition} {span(length)}")


def _is_telling(build: Build, status: str) -> bool:
    """Whether the status leaves open how far the build came."""
    return status == "running" or (status in {"failed", "cancelled"} and 0 < build.progress < 1)


def _facts(report: BuildReport, now: datetime) -> Iterator[tuple[str, str]]:
    build, project = report.build, report.origin.project
    yield "id", build.id
    yield "project", _join_names(project.display_name or project.name, project.bundle_identifier)
    yield "scheme", report.origin.scheme.name
    yield "version", build.version_string
    yield "number", str(build.build_number or "")
    yield "command", shlex.join(build.command)
    yield "exit code", str(build.exit_code) if build.HasField("exit_code") else ""
    yield "branch", build.branch
    yield "commit", build.commit_hash
    yield "source", project.git_repo_url
    yield "folder", project.working_directory
    yield "created", when(moment(build.created_at), now)
    yield "started", when(moment(build.start_date), now) if build.HasField("start_date") else ""
    yield "ended", when(moment(build.end_date), now) if build.HasField("end_date") else ""
    yield (
        "exports",
        ", ".join(_enum_name(ExportOption.Name(option), "EXPORT_OPTION_") for option in build.export_options),
    )
    yield "labels", ", ".join(f"{key}={build.labels[key]}" for key in sorted(build.labels))
    yield "host", build.host
    yield "machine", build.device_metadata
    yield "system", build.os_version
    yield "processor", build.processor
    yield "memory", f"{build.memory} GB" if build.memory else ""


def _log_lines(log: LogSummary, now: datetime) -> Iterator[Text]:
    yield Text()
    if log.expired_at is not None:
        yield Text.assemble(("log".ljust(LABEL_WIDTH), "dim"), f"expired {when(log.expired_at, now)}")
        if not log.tally.total:
            return
    yield Text.assemble(
        ("log".ljust(LABEL_WIDTH), "dim"),
        format_count(log.tally.total, "line"),
        ": " if log.tally.total else "",
        Text(", ").join(_level_count(level, count) for level, count in reversed(log.tally.by_level().items())),
    )
    for line in log.first_errors:
        yield Text.assemble((f"{line.seq:>{LABEL_WIDTH - 2}}  ", "dim"), (visible(line.content), "red"))
    if log.tally.errors > len(log.first_errors):
        yield Text(
            f"{'':{LABEL_WIDTH}}… and {format_count(log.tally.errors - len(log.first_errors), 'more error')}",
            style="dim",
        )


def _level_count(level: str, count: int) -> Text:
    """`2 errors`, `1,080 info`."""
    text = format_count(count, level) if level in {"error", "warning"} else f"{count:,} {level}"
    return Text(text, style=LEVEL_STYLE.get(level, ""))


def _crash_lines(crash_logs: list[CrashLog], now: datetime) -> Iterator[Text]:
    if crash_logs:
        yield Text()
        yield Text.assemble(("crashes".ljust(LABEL_WIDTH), "dim"), str(len(crash_logs)))
    for crash_log in crash_logs:
        yield Text.assemble(
            " " * LABEL_WIDTH, (crash_log.incident_identifier, "red"), f"  {_crash_facts(crash_log, now)}"
        )


def _crash_facts(crash_log: CrashLog, now: datetime) -> str:
    thread = "main thread" if crash_log.is_main_thread else ""
    when = f"{age(moment(crash_log.date_time), now)} ago" if crash_log.HasField("date_time") else ""
    priority = _enum_name(CrashLogPriority.Name(crash_log.priority), "CRASH_LOG_PRIORITY_")
    facts = (crash_log.process, crash_log.hardware_model, crash_log.os_version, thread, when, priority)
    fixed = ("fixed",) if crash_log.fixed else ()
    return visible(", ".join(fact for fact in (*facts, *fixed, crash_log.note) if fact))


def _join_names(name: str, identifier: str) -> str:
    return name if name == identifier else f"{name} ({identifier})" if identifier else ""


def _enum_name(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower().replace("_", " ")
