"""The console script: finds a command, starts fast, and ends with the right code."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from millstream.cli.app import COMMANDS, assemble, run

Capture = pytest.CaptureFixture[str]


def test_the_commands_are_those_of_the_contract() -> None:
    assert set(COMMANDS) == {"serve", "run", "tail", "builds", "show", "search", "agents", "crash", "mcp", "db"}


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_each_command_has_help_that_fits_eighty_columns(
    arguments: list[str], capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(arguments) == 0
    text = capfd.readouterr().out
    assert text.startswith("Usage: millstream")
    assert all(len(line) <= 80 for line in text.splitlines())


def test_without_arguments_there_is_help(capfd: Capture) -> None:
    assert run([]) == 2
    text = capfd.readouterr().out
    assert all(name in text for name in COMMANDS)


def test_the_version_is_told_without_loading_anything(capfd: Capture) -> None:
    assert run(["--version"]) == 0
    assert capfd.readouterr().out.startswith("millstream 0.")
    code = (
        "import sys; from millstream.cli.app import run; run(['--version']);"
        "print(*{'typer', 'rich', 'grpc', 'google.protobuf', 'sqlalchemy'} & sys.modules.keys())"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[1:] == [""]


def test_a_command_does_not_load_the_others() -> None:
    code = (
        "import sys; from millstream.cli.app import assemble; assemble(['builds']);"
        "print(*sorted({'millstream.cli.logs.tail', 'millstream.cli.run', 'grpc', 'rich', 'sqlalchemy'}"
        " & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command 'nonsense'."),
        (["builds", "--nonsense"], "No such option: --nonsense"),
        (["builds", "--limit", "many"], "Invalid value for '--limit'"),
        (["builds", "--status", "slow"], "Invalid value for '--status'"),
        (["tail"], "Missing argument 'BUILD'."),
        (["tail", "latest", "--level", "loud"], "'loud' is not one of 'debug', 'info', 'warning', 'error'."),
        (["search", "x", "--build", "1", "--project", "p"], "--build and --project exclude each other"),
        (["builds", "--address", "127.0.0.1:1", "--db", "sqlite://"], "--address and --db exclude each other"),
        (["builds", "--address", "nowhere"], "must be HOST:PORT"),
        (["builds", "--address", "unix:"], "must name a socket"),
    ],
)
def test_bad_usage_is_said_in_words(arguments: list[str], said: str, capfd: Capture) -> None:
    assert run(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("millstream: ")
    assert said in err
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 2


def test_where_nothing_listens_it_says_so_and_what_to_do(capfd: Capture, free_port: Callable[[], int]) -> None:
    address = f"127.0.0.1:{free_port()}"
    assert run(["builds", "--address", address]) == 1
    assert capfd.readouterr().err == (
        f"millstream: no service answers at {address} - start one there with: millstream serve --listen {address}\n"
    )


def test_completion_knows_all_commands() -> None:
    from typer.main import get_command

    commands = getattr(get_command(assemble()), "commands", {})
    assert list(commands) == list(COMMANDS)


@pytest.mark.parametrize("command", ["builds", "serve", "db"])
def test_without_the_server_extra_it_says_how_to_install_it(command: str, free_port: Callable[[], int]) -> None:
    arguments = ["db", "check"] if command == "db" else [command]
    code = (
        "import sys; sys.modules['sqlalchemy'] = None;"
        "from millstream.transport import address; address.DEFAULT = sys.argv[1];"
        "from millstream.cli.app import run; sys.exit(run(sys.argv[2:]))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, f"127.0.0.1:{free_port()}", *arguments], capture_output=True, text=True
    )
    assert shown.returncode == 1
    assert shown.stdout == ""
    assert shown.stderr.startswith("millstream: ")
    assert shown.stderr.endswith("sqlalchemy is missing - install it with: pip install 'millstream[server]'\n")
