"""Every error that the service answers with. No gRPC here: `rpc.status` turns these into statuses.

    MillstreamServiceError
    ├── InvalidArgumentError        ValidationFailedError  InvalidUpdateMaskError  InvalidPageTokenError
    │                               InvalidResumeTokenError  InvalidRegexError
    ├── NotFoundError               one class, its reason made from the resource: PROJECT_NOT_FOUND, …
    │   └── LogExpiredError         the same reason as for a line that never was, and when it was given up
    ├── AlreadyExistsError          likewise: PROJECT_EXISTS, …
    ├── FailedPreconditionError     EntryGapError  SchemaOutdatedError  InvalidStatusTransitionError
    │                               ReviewLimitReachedError  EncryptionKeyMissingError
    ├── PermissionDeniedError       SecretOverTcpError
    ├── OutOfRangeError             RevisionCompactedError
    ├── ResourceExhaustedError      TooManyStreamsError  MessageTooLargeError  ListTooLargeError  DiskFullError
    ├── UnavailableError            ShuttingDownError  SlowReaderError  StoreBusyError
    │                               StoreUnavailableError ── OutcomeUnknownError
    ├── DataLossError               StoreCorruptError
    ├── InternalError               QueryFailedError  MigrationFailedError
    ├── CannotListenError           at the start only, as KeyRefusedError; CopyRefusedError in a copy: no client ever
    │                               sees them
    └── ServiceFailedError          what ends the service: only who runs it sees it

A message is for people and may change; `reason` and `metadata` are for programs and are part of the contract.
(The file is long because each reason has its class here, and nothing else is here.)
"""

from datetime import UTC, datetime
from typing import ClassVar, Self

MAX_KEY = 255
"""How much of a damaged row's key is shown: it may be as damaged as the rest."""


class MillstreamServiceError(Exception):
    """The root. `code` is the canonical name of a gRPC status, `reason` one of the contract's error reasons."""

    code: ClassVar[str]
    reason: str
    retry_after_seconds: ClassVar[float | None] = None

    def __init__(self, message: str, **metadata: str) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = metadata

    @property
    def violations(self) -> tuple[tuple[str, str], ...]:
        """The fields at fault, each with what is wrong with it."""
        return ()

    @property
    def resource(self) -> tuple[str, str] | None:
        """The kind and the id of what is missing or in the way."""
        return None


class InvalidArgumentError(MillstreamServiceError):
    """The request itself is at fault, whatever the state of the store."""

    code = "INVALID_ARGUMENT"

    def __init__(self, field: str, description: str, **metadata: str) -> None:
        super().__init__(f"{field}: {description}", **({"field": field} | metadata))
        self.field = field
        self.description = description

    @property
    def violations(self) -> tuple[tuple[str, str], ...]:
        """The one field at fault."""
        return ((self.field, self.description),)


class ValidationFailedError(InvalidArgumentError):
    """A field has a value that it must not have."""

    reason = "VALIDATION_FAILED"


class InvalidUpdateMaskError(InvalidArgumentError):
    """A path of the update mask is unknown or immutable."""

    reason = "INVALID_UPDATE_MASK"

    def __init__(self, path: str, description: str) -> None:
        super().__init__("update_mask", f"{path}: {description}", path=path)


class InvalidPageTokenError(InvalidArgumentError):
    """The page token is not one of this request."""

    reason = "INVALID_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__("page_token", "is not a token that this request was given")


class InvalidResumeTokenError(InvalidArgumentError):
    """The resume token is damaged or of another request."""

    reason = "INVALID_RESUME_TOKEN"

    def __init__(self) -> None:
        super().__init__("options.resume_token", "is damaged, or comes from another request")


class InvalidRegexError(InvalidArgumentError):
    """The query is not a regular expression."""

    reason = "INVALID_REGEX"

    def __init__(self, error: str) -> None:
        super().__init__("query", f"is not a regular expression: {error}", error=error)


class NotFoundError(MillstreamServiceError):
    """What was asked for, or the parent of what was to be made, is not there."""

    code = "NOT_FOUND"

    def __init__(self, resource: str, key: str) -> None:
        super().__init__(f"there is no {resource.replace('_', ' ')} {key!r}", id=key)
        self.reason = f"{resource.upper()}_NOT_FOUND"
        self._resource = (resource, key)

    @property
    def resource(self) -> tuple[str, str]:
        """What is missing."""
        return self._resource


class LogExpiredError(NotFoundError):
    """A line was kept for as long as the service keeps logs. `expired_at` is in nanoseconds since 1970.

    The log goes on with line `oldest_seq`: that may be one that is yet to come.
    """

    def __init__(self, log_id: str, expired_at: int, oldest_seq: int) -> None:
        super().__init__("build_log", log_id)
        day = datetime.fromtimestamp(expired_at // 10**9, UTC).isoformat().replace("+00:00", "Z")
        self.message = f"line {log_id} has expired: the service keeps logs for a limited time, this one until {day}"
        self.metadata |= {"expired_at": day, "oldest_seq": str(oldest_seq)}


class AlreadyExistsError(MillstreamServiceError):
    """The id is taken."""

    code = "ALREADY_EXISTS"

    def __init__(self, resource: str, key: str) -> None:
        super().__init__(f"there is a {resource.replace('_', ' ')} {key!r} already", id=key)
        self.reason = f"{resource.upper()}_EXISTS"
        self._resource = (resource, key)

    @property
    def resource(self) -> tuple[str, str]:
        """What is in the way."""
        return self._resource


class FailedPreconditionError(MillstreamServiceError):
    """The store is not in the state that the call needs."""

    code = "FAILED_PRECONDITION"


class EntryGapError(FailedPreconditionError):
    """A batch of a writer's entries left some out. `resource`: what they are for, a build or an instance."""

    reason = "ENTRY_GAP"

    def __init__(self, resource: str, key: str, writer_id: str, expected: int, first: int) -> None:
        super().__init__(
            f"first_entry is {first}, but entry {expected} has not come yet",
            **{f"{resource}_id": key},
            writer_id=writer_id,
            expected_entry=str(expected),
            first_entry=str(first),
        )


class SchemaOutdatedError(FailedPreconditionError):
    """The database was made by a newer Millstream."""

    reason = "SCHEMA_OUTDATED"

    def __init__(self, database: str, service: str) -> None:
        super().__init__(
            f"the database is at schema {database}, made by a newer Millstream; this one knows {service}",
            database=database,
            service=service,
        )


class EncryptionKeyMissingError(FailedPreconditionError):
    """A value is, or shall be, encrypted, and the service does not have the key for it."""

    reason = "ENCRYPTION_KEY_MISSING"


class PermissionDeniedError(MillstreamServiceError):
    """Who calls, or the way the call came, may not do that."""

    code = "PERMISSION_DENIED"


class SecretOverTcpError(PermissionDeniedError):
    """A secret would be given out, replaced or deleted over TCP, where any user of the machine may call."""

    reason = "SECRET_OVER_TCP"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"{key} is encrypted: it can be read and changed only over the service's unix socket, not over TCP",
            key=key,
        )


class InvalidStatusTransitionError(FailedPreconditionError):
    """An instance can't go from the status that it has to the one that was asked for."""

    reason = "INVALID_STATUS_TRANSITION"

    def __init__(self, instance_id: str, before: str, after: str) -> None:
        super().__init__(
            f"an instance can't go from {before} to {after}", **{"id": instance_id, "from": before, "to": after}
        )


class ReviewLimitReachedError(FailedPreconditionError):
    """A parent's work was reviewed as often as is allowed."""

    reason = "REVIEW_LIMIT_REACHED"

    def __init__(self, parent: str, limit: int) -> None:
        super().__init__(f"{parent!r} may have {limit} rounds of review", parent_instance=parent, limit=str(limit))


class OutOfRangeError(MillstreamServiceError):
    """A position lies outside of what is kept."""

    code = "OUT_OF_RANGE"


class RevisionCompactedError(OutOfRangeError):
    """The change log no longer reaches back that far."""

    reason = "REVISION_COMPACTED"

    def __init__(self, after: int, oldest: int) -> None:
        super().__init__(
            f"the change log begins at revision {oldest}", after_revision=str(after), oldest_revision=str(oldest)
        )


class OtherStoreError(RevisionCompactedError):
    """A place in the feed is one of another store: its revisions name other commits."""

    def __init__(self, store_id: str) -> None:
        OutOfRangeError.__init__(self, "the revision belongs to another store", store_id=store_id)


class ResourceExhaustedError(MillstreamServiceError):
    """A limit is reached."""

    code = "RESOURCE_EXHAUSTED"


class TooManyStreamsError(ResourceExhaustedError):
    """As many streams are open as the service allows, in all or for one client."""

    reason = "TOO_MANY_STREAMS"
    retry_after_seconds = 5.0

    def __init__(self, limit: int, what: str = "streams are open in total") -> None:
        super().__init__(f"{limit} {what}, no more are allowed", limit=str(limit))


class MessageTooLargeError(ResourceExhaustedError):
    """A line, or a message, is larger than the service takes."""

    reason = "MESSAGE_TOO_LARGE"

    def __init__(self, field: str, limit: int, size: int) -> None:
        super().__init__(
            f"{field}: has {size} bytes, {limit} are allowed", field=field, limit=str(limit), size=str(size)
        )
        self.field = field

    @property
    def violations(self) -> tuple[tuple[str, str], ...]:
        """The field that is too large."""
        return ((self.field, "is too large"),)


class ListTooLargeError(ResourceExhaustedError):
    """A list has more elements than the service handles in one call."""

    reason = "LIST_TOO_LARGE"

    def __init__(self, field: str, limit: int, unit: str = "elements") -> None:
        super().__init__(f"{field}: has more than {limit} {unit}", field=field, limit=str(limit))
        self.field = field

    @property
    def violations(self) -> tuple[tuple[str, str], ...]:
        """The list that is too long."""
        return ((self.field, "is too long"),)


class DiskFullError(ResourceExhaustedError):
    """No room on the disk that holds the database. Nothing of the call was stored."""

    reason = "DISK_FULL"
    retry_after_seconds = 5.0


class UnavailableError(MillstreamServiceError):
    """Nothing is wrong with the call: come back later."""

    code = "UNAVAILABLE"
    retry_after_seconds = 1.0


class ShuttingDownError(UnavailableError):
    """The service is stopping."""

    reason = "SHUTTING_DOWN"

    def __init__(self) -> None:
        super().__init__("the service is stopping")


class SlowReaderError(UnavailableError):
    """A stream's client took nothing for too long."""

    reason = "SLOW_READER"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the client took no message for {seconds:g} s", seconds=f"{seconds:g}")


class StoreBusyError(UnavailableError):
    """Another process holds the write lock, or too many writes are waiting."""

    reason = "STORE_BUSY"


class StoreUnavailableError(UnavailableError):
    """The database can't be reached or written to."""

    reason = "STORE_UNAVAILABLE"


class OutcomeUnknownError(StoreUnavailableError):
    """The database went away during a commit: the write may be stored or not."""

    def __init__(self) -> None:
        super().__init__("the database went away during the commit: it may be stored or not", outcome="unknown")


class DataLossError(MillstreamServiceError):
    """Stored data can't be read any more."""

    code = "DATA_LOSS"


class StoreCorruptError(DataLossError):
    """The database file is damaged, or is not a database. Where a single row is at fault, the metadata names it."""

    reason = "STORE_CORRUPT"

    @classmethod
    def of_row(cls, table: str, key: str, fault: str) -> Self:
        """Return the error for a row that holds what it must not: `fault` says what, without the value itself."""
        key = key if len(key) <= MAX_KEY else f"{key[:MAX_KEY]}…"
        return cls(f"{f'{table} {key}'.strip()}: {fault}: the database is damaged", table=table, id=key)


class InternalError(MillstreamServiceError):
    """A fault of the service."""

    code = "INTERNAL"


class QueryFailedError(InternalError):
    """The store refused a statement."""

    reason = "QUERY_FAILED"


class MigrationFailedError(InternalError):
    """The database could not be brought up to date; it is as it was."""

    reason = "MIGRATION_FAILED"


class CannotListenError(MillstreamServiceError):
    """The address is taken, or can't be listened on."""

    code = "UNAVAILABLE"
    reason = ""


class CopyRefusedError(MillstreamServiceError):
    """A store is not copied: the target holds something else, or the source does not stand still."""

    code = "FAILED_PRECONDITION"
    reason = ""


class KeyRefusedError(MillstreamServiceError):
    """The encryption key can't be had, or is not the one that the store's secrets are encrypted with."""

    code = "FAILED_PRECONDITION"
    reason = ""


class ServiceFailedError(MillstreamServiceError):
    """A part of the service can't go on, and so the service ends. `__cause__` is what that part failed with."""

    code = "INTERNAL"
    reason = ""

    def __init__(self, part: str, error: BaseException) -> None:
        said = str(error).partition("\n")[0]
        super().__init__(f"the service has failed: {part}: {type(error).__name__}{said and ': '}{said}")
        self.__cause__ = error
