"""The answer to a refused call: the reason, the arguments at fault, and what to do where that helps."""

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from millstream.errors import FieldViolation, MillstreamError, UnavailableError, ValidationFailedError


class ServiceAwayError(ToolError):
    """The service can't be reached."""


def refusal(error: ToolError, address: str) -> ToolError:
    """Return the error to answer with instead of the one in which the SDK wraps what a tool raised."""
    cause = error.__cause__
    if isinstance(cause, ToolError):
        return ToolError(str(cause))
    if isinstance(cause, ValidationError):
        return ToolError(f"{ValidationFailedError.reason}: {'; '.join(_faults(cause))}")
    if isinstance(cause, MillstreamError):
        return ServiceAwayError(_away(cause, address)) if _is_away(cause) else ToolError(_describe(cause))
    return error


def _faults(error: ValidationError) -> list[str]:
    """Say what is wrong with which argument. The values, which may be long or secret, are left out."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    return [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults]


def _is_away(error: MillstreamError) -> bool:
    return isinstance(error, UnavailableError) and not error.reason


def _away(error: MillstreamError, address: str) -> str:
    return (
        f"UNAVAILABLE: the Millstream service at {address} is away ({error}). Call again once it is back; "
        f"it is started with: millstream serve --listen {address}"
    )


def _describe(error: MillstreamError) -> str:
    said = "; ".join(_said(violation) for violation in error.field_violations) or str(error)
    return f"{error.reason or error.code.name}: {said}"


def _said(violation: FieldViolation) -> str:
    """Name the field as the tool's argument is named: `instance.branch_name` is `branch_name` there."""
    return f"{violation.field.rpartition('.')[2]}: {violation.description}"
