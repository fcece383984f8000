"""What a failed command says, and the code it ends with."""

import errno

import grpc
import pytest
from typer import Abort

from millstream.cli.shared.errors import BadUsageError, CommandError, NoServiceError, NotThereError
from millstream.cli.shared.failure import exit_code_of
from millstream.errors import (
    BuildNotFoundError,
    FieldViolation,
    InvalidRegexError,
    MillstreamError,
    UnavailableError,
    ValidationFailedError,
)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (CommandError("no"), 1, "no"),
        (NotThereError("there is no build x"), 1, "there is no build x"),
        (NoServiceError("nobody"), 1, "nobody"),
        (BadUsageError("what?"), 2, "what?"),
        (BuildNotFoundError("there is no build 'x'"), 1, "there is no build 'x'"),
        (UnavailableError("no service"), 1, "no service"),
        (InvalidRegexError("query: is bad"), 2, "query: is bad"),
        (
            ValidationFailedError("bad", field_violations=[FieldViolation("limit", "is negative")]),
            *(2, "limit: is negative"),
        ),
        (MillstreamError(code=grpc.StatusCode.UNKNOWN), 1, "MillstreamError"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 1, "/x: Permission denied"),
        (ExceptionGroup("several", [ExceptionGroup("inner", [NotThereError("gone")])]), 1, "gone"),
    ],
)
def test_an_error_is_said_in_one_line(
    error: Exception, code: int, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(error) == code
    assert capfd.readouterr() == ("", f"millstream: {text}\n")


def test_a_fault_of_ours_says_how_to_see_more(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MILLSTREAM_DEBUG", raising=False)
    assert exit_code_of(ZeroDivisionError("by zero")) == 1
    said = capfd.readouterr().err
    assert said.startswith("millstream: ZeroDivisionError: by zero")
    assert "MILLSTREAM_DEBUG=1" in said
    assert "Traceback" not in said


def test_a_traceback_is_shown_on_demand(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_DEBUG", "1")
    assert exit_code_of(NotThereError("gone")) == 1
    said = capfd.readouterr().err
    assert "millstream.cli.shared.errors.NotThereError: gone\n" in said
    assert said.endswith("\nmillstream: gone\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), 130), (Abort(), 130), (SystemExit(7), 7), (SystemExit(None), 0), (SystemExit("x"), 1)],
)
def test_some_ends_need_no_words(error: BaseException, code: int, capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(error) == code
    assert capfd.readouterr() == ("", "")
