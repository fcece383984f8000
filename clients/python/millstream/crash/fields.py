"""What a report says, before anything is made of it."""

from dataclasses import dataclass, fields, replace

from millstream.crash.versions import VersionReading

MAIN_QUEUE = "com.apple.main-thread"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFields:
    """What one part of a report says, as it says it. Empty or None: nothing."""

    incident: str = ""
    process: str = ""
    bundle_identifier: str = ""
    versions: tuple[VersionReading, ...] = ()
    hardware_model: str = ""
    os_version: str = ""
    role: str = ""
    date_time: str = ""
    launch_time: str = ""
    crashed_thread: int | None = None
    """The index of the thread that crashed, from 0."""
    crashed_queue: str = ""
    """The name of its dispatch queue, and what else stands beside it."""

    @property
    def is_main_thread(self) -> bool:
        """Whether the main thread crashed: the one with the main queue, else the first."""
        return MAIN_QUEUE in self.crashed_queue or self.crashed_thread == 0

    def over(self, other: "ReportFields") -> "ReportFields":
        """Take what this part says and, where it says nothing, what the other one says."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(other, **{name: value for name, value in said.items() if value not in ("", (), None)})
