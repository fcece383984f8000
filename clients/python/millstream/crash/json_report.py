"""What the JSON of a report says: the header of one line, and the body below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from millstream.crash.fields import ReportFields
from millstream.crash.json_objects import Damage, JsonObject, json_objects
from millstream.crash.values import clean, clean_incident
from millstream.crash.versions import from_names

_HEADER_KEYS = frozenset({"bug_type", "incident_id"})
_BODY_KEYS = frozenset({"exception", "faultingThread", "threads", "procName"})
_BODY_KEYS_WITHOUT_HEADER = frozenset({"exception", "procName"})


@dataclass(frozen=True, slots=True)
class JsonReport:
    """The JSON in a text, and what part it plays in a report."""

    objects: tuple[JsonObject, ...]
    header: JsonObject | None
    body: JsonObject | None
    start: int
    """The place of the first object in the text."""
    damage: int | None
    """The place where the text stops being JSON inside an object; None: nowhere."""

    @property
    def bug_type(self) -> str:
        """What Apple calls the kind of a report: `309`; empty where it is not said."""
        said = (_bug_type(part) for part in (self.header, self.body) if part is not None)
        return next((bug_type for bug_type in said if bug_type), "")

    @property
    def incidents(self) -> frozenset[str]:
        """The incidents of all headers: more than one where several reports were put into one file."""
        return frozenset(_incident(value, "incident_id") for value in self.objects) - {""}


def find_json_report(text: str) -> JsonReport:
    """Find the first header and the first body in a text. A body that stands alone is both."""
    found = list(json_objects(text))
    objects = [each for each in found if not isinstance(each, Damage)]
    values = tuple(each.value for each in objects)
    header = next((value for value in values if not _HEADER_KEYS.isdisjoint(value)), None)
    return JsonReport(
        objects=values,
        header=header,
        body=next((value for value in values if _is_body(value, header)), None),
        start=objects[0].start if objects else 0,
        damage=next((each.position for each in found if isinstance(each, Damage)), None),
    )


def identity_fields(header: JsonObject) -> ReportFields:
    """Take from the header what it knows best."""
    return ReportFields(
        incident=_incident(header, "incident_id"),
        bundle_identifier=_string(header, "bundleID"),
        versions=from_names(_string(header, "app_version"), _string(header, "build_version")),
        os_version=_string(header, "os_version"),
    )


def fallback_fields(header: JsonObject) -> ReportFields:
    """Take from the header what the part below knows better, if it does: its time is that of the report's writing."""
    return ReportFields(
        process=_string(header, "name") or _string(header, "app_name"),
        date_time=_string(header, "timestamp"),
    )


def body_fields(body: JsonObject) -> ReportFields:
    """Take from the body all it says."""
    bundle = _object(body, "bundleInfo")
    return ReportFields(
        incident=_incident(body, "incident"),
        process=_string(body, "procName"),
        bundle_identifier=_string(bundle, "CFBundleIdentifier"),
        versions=from_names(_string(bundle, "CFBundleShortVersionString"), _string(bundle, "CFBundleVersion")),
        hardware_model=_string(body, "modelCode"),
        os_version=_os_version(_object(body, "osVersion")),
        role=_string(body, "procRole"),
        date_time=_string(body, "captureTime"),
        launch_time=_string(body, "procLaunch"),
        crashed_thread=_crashed_thread(body),
        crashed_queue=_crashed_queue(body),
    )


def is_no_crash(body: JsonObject) -> bool:
    """Tell whether Apple itself marks the report as that of a process that went on."""
    return any(body.get(flag) in (True, "1", "true") for flag in ("isSimulated", "isNonFatal"))


def _is_body(value: JsonObject, header: JsonObject | None) -> bool:
    if header is None:
        return value.keys() >= _BODY_KEYS_WITHOUT_HEADER
    return not _BODY_KEYS.isdisjoint(value)


def _bug_type(part: JsonObject) -> str:
    value = part.get("bug_type")
    return clean(str(value)) if isinstance(value, str | int) else ""


def _os_version(system: JsonObject) -> str:
    train, build = _string(system, "train"), _string(system, "build")
    return f"{train} ({build})" if train and build else train


def _crashed_thread(body: JsonObject) -> int | None:
    faulting = body.get("faultingThread")
    if isinstance(faulting, int) and not isinstance(faulting, bool) and faulting >= 0:
        return faulting
    return next((index for index, thread in enumerate(_threads(body)) if thread.get("triggered") is True), None)


def _crashed_queue(body: JsonObject) -> str:
    index, threads = _crashed_thread(body), _threads(body)
    queue = _string(threads[index], "queue") if index is not None and index < len(threads) else ""
    return queue or _string(_object(_object(body, "legacyInfo"), "threadTriggered"), "queue")


def _threads(body: JsonObject) -> list[JsonObject]:
    threads = body.get("threads")
    return [_mapping(thread) for thread in threads] if isinstance(threads, list) else []


def _object(value: JsonObject, key: str) -> JsonObject:
    return _mapping(value.get(key))


def _mapping(value: Any) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def _incident(value: JsonObject, key: str) -> str:
    inner = value.get(key)
    return clean_incident(inner) if isinstance(inner, str) else ""


def _string(value: JsonObject, key: str) -> str:
    inner = value.get(key)
    return clean(inner) if isinstance(inner, str) else ""
