"""The exceptions of the client: one a reason, in groups by status code.

What is to be handled alike shares a parent: `except NotFoundError` catches every missing thing, `except
BuildNotFoundError` one of them. A reason that a newer service gives and this client does not know raises its group.
(The file is long because each reason has its class here, and nothing else is here.)

    MillstreamError
    ├── InvalidArgumentError
    │   ├── ValidationFailedError
    │   ├── InvalidUpdateMaskError
    │   ├── InvalidPageTokenError
    │   ├── InvalidResumeTokenError
    │   └── InvalidRegexError
    ├── NotFoundError
    │   ├── ProjectNotFoundError
    │   ├── SchemeNotFoundError
    │   ├── BuildNotFoundError
    │   ├── BuildLogNotFoundError
    │   ├── CrashLogNotFoundError
    │   ├── InstanceNotFoundError
    │   ├── ParentInstanceNotFoundError
    │   ├── ChildInstanceNotFoundError
    │   ├── RelationshipNotFoundError
    │   ├── GitHubIssueNotFoundError
    │   └── ConfigNotFoundError
    ├── AlreadyExistsError
    │   ├── ProjectExistsError
    │   ├── SchemeExistsError
    │   ├── BuildExistsError
    │   ├── CrashLogExistsError
    │   ├── InstanceExistsError
    │   └── RelationshipExistsError
    ├── FailedPreconditionError
    │   ├── InvalidStatusTransitionError
    │   ├── ReviewLimitReachedError
    │   ├── EntryGapError
    │   ├── SchemaOutdatedError
    │   └── EncryptionKeyMissingError
    ├── PermissionDeniedError
    │   └── SecretOverTcpError
    ├── OutOfRangeError
    │   └── RevisionCompactedError
    ├── ResourceExhaustedError
    │   ├── TooManyStreamsError
    │   ├── MessageTooLargeError
    │   ├── ListTooLargeError
    │   └── DiskFullError
    ├── UnavailableError
    │   ├── NotConnectedError
    │   ├── ShuttingDownError
    │   ├── SlowReaderError
    │   ├── StoreBusyError
    │   └── StoreUnavailableError
    ├── DataLossError
    │   └── StoreCorruptError
    ├── InternalError
    │   ├── QueryFailedError
    │   └── MigrationFailedError
    ├── DeadlineExceededError
    ├── CallCancelledError
    ├── UnimplementedError
    └── ClientClosedError
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import grpc


class FieldViolation(NamedTuple):
    """A field at fault, and why: `("build.progress", "must be between 0 and 1")`."""

    field: str
    description: str


class MillstreamError(Exception):
    """A call failed. `str()` of it is a sentence for people.

    `code` is the status code and `reason` the service's reason (a name of `millstream.common.v1.ErrorReason` without
    its prefix; empty where the failure has none, as when no service was reached). `metadata` says more, by reason.
    `field_violations` names each field at fault. `retry_delay` is the service's wish when to come back, in seconds.
    """

    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN
    reason: str = ""

    def __init__(
        self,
        message: str = "",
        *,
        code: grpc.StatusCode | None = None,
        reason: str | None = None,
        metadata: Mapping[str, str] | None = None,
        field_violations: Sequence[FieldViolation] = (),
        retry_delay: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = type(self).code if code is None else code
        self.reason = type(self).reason if reason is None else reason
        self.metadata = dict(metadata or {})
        self.field_violations = tuple(field_violations)
        self.retry_delay = retry_delay


class InvalidArgumentError(MillstreamError):
    """The call itself is wrong; repeating it will not help."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class ValidationFailedError(InvalidArgumentError):
    """A field has a value that it must not have: see `field_violations`."""

    reason = "VALIDATION_FAILED"


class InvalidUpdateMaskError(InvalidArgumentError):
    """A path of the mask is unknown or can't be changed: `metadata["path"]`."""

    reason = "INVALID_UPDATE_MASK"


class InvalidPageTokenError(InvalidArgumentError):
    """The page token is not one that this request was answered with."""

    reason = "INVALID_PAGE_TOKEN"


class InvalidResumeTokenError(InvalidArgumentError):
    """The resume token is damaged, or comes from another request."""

    reason = "INVALID_RESUME_TOKEN"


class InvalidRegexError(InvalidArgumentError):
    """The query is not a regular expression of RE2: `metadata["error"]`."""

    reason = "INVALID_REGEX"


class NotFoundError(MillstreamError):
    """What was asked for is not there: `metadata["id"]`."""

    code = grpc.StatusCode.NOT_FOUND


class ProjectNotFoundError(NotFoundError):
    """There is no such project."""

    reason = "PROJECT_NOT_FOUND"


class SchemeNotFoundError(NotFoundError):
    """There is no such scheme."""

    reason = "SCHEME_NOT_FOUND"


class BuildNotFoundError(NotFoundError):
    """There is no such build."""

    reason = "BUILD_NOT_FOUND"


class BuildLogNotFoundError(NotFoundError):
    """There is no such line, or it has expired: the service keeps logs for a limited time.

    `metadata["oldest_seq"]` is then the number of the line with which the log goes on.
    """

    reason = "BUILD_LOG_NOT_FOUND"

    @property
    def expired_at(self) -> datetime | None:
        """When it has expired; None where there never was such a line, or somebody deleted it."""
        moment = self.metadata.get("expired_at")
        return None if moment is None else datetime.fromisoformat(moment)


class CrashLogNotFoundError(NotFoundError):
    """There is no such crash report."""

    reason = "CRASH_LOG_NOT_FOUND"


class InstanceNotFoundError(NotFoundError):
    """There is no such instance."""

    reason = "INSTANCE_NOT_FOUND"


class ParentInstanceNotFoundError(NotFoundError):
    """There is no such parent instance."""

    reason = "PARENT_INSTANCE_NOT_FOUND"


class ChildInstanceNotFoundError(NotFoundError):
    """There is no such child instance."""

    reason = "CHILD_INSTANCE_NOT_FOUND"


class RelationshipNotFoundError(NotFoundError):
    """There is no such relationship."""

    reason = "RELATIONSHIP_NOT_FOUND"


class GitHubIssueNotFoundError(NotFoundError):
    """There is no such issue."""

    reason = "GITHUB_ISSUE_NOT_FOUND"


class ConfigNotFoundError(NotFoundError):
    """There is no such setting: `metadata["key"]`."""

    reason = "CONFIG_NOT_FOUND"


class AlreadyExistsError(MillstreamError):
    """The id is taken: `metadata["id"]`."""

    code = grpc.StatusCode.ALREADY_EXISTS


class ProjectExistsError(AlreadyExistsError):
    """There is a project with this id."""

    reason = "PROJECT_EXISTS"


class SchemeExistsError(AlreadyExistsError):
    """There is a scheme with this id."""

    reason = "SCHEME_EXISTS"


class BuildExistsError(AlreadyExistsError):
    """There is a build with this id."""

    reason = "BUILD_EXISTS"


class CrashLogExistsError(AlreadyExistsError):
    """There is a crash report with this id."""

    reason = "CRASH_LOG_EXISTS"


class InstanceExistsError(AlreadyExistsError):
    """There is an instance with this id."""

    reason = "INSTANCE_EXISTS"


class RelationshipExistsError(AlreadyExistsError):
    """The two instances have this relationship already."""

    reason = "RELATIONSHIP_EXISTS"


class FailedPreconditionError(MillstreamError):
    """The call is right, but not in the state that the store is in."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class InvalidStatusTransitionError(FailedPreconditionError):
    """No way leads from `metadata["from"]` to `metadata["to"]`."""

    reason = "INVALID_STATUS_TRANSITION"


class ReviewLimitReachedError(FailedPreconditionError):
    """There are `metadata["limit"]` reviews already."""

    reason = "REVIEW_LIMIT_REACHED"


class EntryGapError(FailedPreconditionError):
    """A writer of lines or events left entries out: send from `metadata["expected_entry"]` on."""

    reason = "ENTRY_GAP"


class SchemaOutdatedError(FailedPreconditionError):
    """The database was made by a newer Millstream."""

    reason = "SCHEMA_OUTDATED"


class EncryptionKeyMissingError(FailedPreconditionError):
    """The value is encrypted and the service has no key."""

    reason = "ENCRYPTION_KEY_MISSING"


class PermissionDeniedError(MillstreamError):
    """Who calls, or the way the call came, may not do that."""

    code = grpc.StatusCode.PERMISSION_DENIED


class SecretOverTcpError(PermissionDeniedError):
    """The setting `metadata["key"]` is encrypted: it can be read and changed only over the service's unix socket."""

    reason = "SECRET_OVER_TCP"


class OutOfRangeError(MillstreamError):
    """What was asked for lies outside of what is kept."""

    code = grpc.StatusCode.OUT_OF_RANGE


class RevisionCompactedError(OutOfRangeError):
    """The change log begins at `metadata["oldest_revision"]`."""

    reason = "REVISION_COMPACTED"


class ResourceExhaustedError(MillstreamError):
    """A limit was reached."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class TooManyStreamsError(ResourceExhaustedError):
    """The service serves `metadata["limit"]` streams already."""

    reason = "TOO_MANY_STREAMS"


class MessageTooLargeError(ResourceExhaustedError):
    """A message, or a line, is larger than `metadata["limit"]` bytes."""

    reason = "MESSAGE_TOO_LARGE"


class ListTooLargeError(ResourceExhaustedError):
    """`metadata["field"]` has more than `metadata["limit"]` elements."""

    reason = "LIST_TOO_LARGE"


class DiskFullError(ResourceExhaustedError):
    """The service's disk is full; nothing of this call was stored."""

    reason = "DISK_FULL"


class UnavailableError(MillstreamError):
    """Nothing is wrong with the call: come back later."""

    code = grpc.StatusCode.UNAVAILABLE


class NotConnectedError(UnavailableError):
    """No service can be reached: nothing was sent. Given by the client itself, without a reason."""


class ShuttingDownError(UnavailableError):
    """The service is stopping; it did nothing of this call."""

    reason = "SHUTTING_DOWN"


class SlowReaderError(UnavailableError):
    """The client of this stream took no message for `metadata["seconds"]` seconds."""

    reason = "SLOW_READER"


class StoreBusyError(UnavailableError):
    """Another process holds the database for too long; nothing was stored."""

    reason = "STORE_BUSY"


class StoreUnavailableError(UnavailableError):
    """The database can't be reached, or can't be written to."""

    reason = "STORE_UNAVAILABLE"


class DataLossError(MillstreamError):
    """Stored data is damaged."""

    code = grpc.StatusCode.DATA_LOSS


class StoreCorruptError(DataLossError):
    """The database file is damaged."""

    reason = "STORE_CORRUPT"


class InternalError(MillstreamError):
    """A fault of the service."""

    code = grpc.StatusCode.INTERNAL


class QueryFailedError(InternalError):
    """A query failed; the service's log says why."""

    reason = "QUERY_FAILED"


class MigrationFailedError(InternalError):
    """The database could not be brought up to date."""

    reason = "MIGRATION_FAILED"


class DeadlineExceededError(MillstreamError):
    """The timeout passed first. Whether a write was done is not known."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class CallCancelledError(MillstreamError):
    """The service dropped the call, again and again."""

    code = grpc.StatusCode.CANCELLED


class UnimplementedError(MillstreamError):
    """The service is older than this client: it lacks the call."""

    code = grpc.StatusCode.UNIMPLEMENTED


class ClientClosedError(MillstreamError):
    """The client was closed while, or before, it was used."""

    code = grpc.StatusCode.CANCELLED


def _subclasses(parent: type[MillstreamError]) -> list[type[MillstreamError]]:
    return [found for child in parent.__subclasses__() for found in (child, *_subclasses(child))]


BY_REASON: dict[str, type[MillstreamError]] = {
    kind.reason: kind for kind in _subclasses(MillstreamError) if kind.reason
}
"""The exception of each reason."""

BY_CODE: dict[grpc.StatusCode, type[MillstreamError]] = {
    kind.code: kind for kind in MillstreamError.__subclasses__() if kind is not ClientClosedError
}
"""The group of each status code."""
