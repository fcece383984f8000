"""The demo: records a real build, follows it live from a second process, and looks at what was kept.

Everything happens in a folder of its own, `.demo/`, on a database of its own: nothing of yours is touched. Needs the
package registry (for the source that is built), make and a C compiler.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

PACKAGE, VERSION = "hiredis", "3.2.1"
"""A client library in C for Redis, shipped as source within a Python package. BSD-3-Clause."""
OBJECTS = [f"{name}.o" for name in ("alloc", "async", "hiredis", "net", "read", "sds", "sockcompat")]
ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".demo"
DATABASE = f"sqlite:///{FOLDER / 'demo.sqlite3'}"
CRASH = ROOT / "tests/samples/crash/ios15.2_json_abort_thread1.ips"
MILLSTREAM = Path(sys.executable).with_name("millstream")
BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


def say(text: str) -> None:
    """Print what comes next."""
    print(f"\n{BOLD}{text}{PLAIN}", flush=True)


def show(*arguments: str, cwd: Path = ROOT) -> None:
    """Print a command of ours and run it. Raises CalledProcessError where it fails."""
    print(f"{DIM}$ millstream {' '.join(arguments)}{PLAIN}", flush=True)
    subprocess.run([MILLSTREAM, *arguments], check=True, cwd=cwd)


def fetch() -> Path:
    """Download the source package and return the folder with its C files, as a git repository like any project."""
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-binary", ":all:", "--dest", str(FOLDER)]
    subprocess.run([*download, *options, f"{PACKAGE}=={VERSION}"], check=True)
    with tarfile.open(FOLDER / f"{PACKAGE}-{VERSION}.tar.gz") as archive:
        archive.extractall(FOLDER, filter="data")
    source = FOLDER / f"{PACKAGE}-{VERSION}" / "vendor" / "hiredis"
    git = ["git", "-C", str(source), "-c", "user.name=demo", "-c", "user.email=demo@localhost"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", f"{PACKAGE} {VERSION}"]):
        subprocess.run([*git, *command], check=True)
    return source


def record(source: Path) -> None:
    """Record the build; a second process prints it as it happens."""
    build = ["make", "CFLAGS=-O3 -g -Wall -Wextra -Wpedantic -Wshadow", *OBJECTS]
    options = ["--project", "io.redis.hiredis", "--scheme", "static library", "--version", VERSION]
    print(f"{DIM}$ millstream run -- {' '.join(build[:1] + OBJECTS[:2])} …{PLAIN}", flush=True)
    print(f"{DIM}$ millstream tail latest      (in a second process; this is what it prints){PLAIN}", flush=True)
    with subprocess.Popen(
        [MILLSTREAM, "run", "--quiet", *options, "--", *build],
        cwd=source,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as recorded:
        follow_newest(recorded)
    if recorded.returncode:
        raise SystemExit(f"the build failed with code {recorded.returncode}")


def follow_newest(recorded: "subprocess.Popen[bytes]") -> None:
    """Tail the newest build, once there is one; it ends when the build does."""
    tail = [MILLSTREAM, "tail", "latest", "--follow"]
    while subprocess.run(tail, stderr=subprocess.DEVNULL, check=False).returncode == 1 and recorded.poll() is None:
        pass  # the build is not there yet


def main() -> None:
    """Run the demo."""
    os.environ["MILLSTREAM_DB"] = DATABASE
    os.environ.pop("MILLSTREAM_ADDRESS", None)
    os.environ["MILLSTREAM_SPOOL"] = str(FOLDER / "spool")
    missing = [tool for tool in ("cc", "make", "git") if shutil.which(tool) is None]
    if missing:
        raise SystemExit(f"the demo builds a C library, and this machine lacks: {', '.join(missing)}")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    say(f"1. Fetch something real to build: {PACKAGE} {VERSION}, a library written in C.")
    source = fetch()
    say("2. Build it through `millstream run`, and follow it from another process while it runs.")
    record(source)
    say("3. It crashed on somebody's phone: keep the report with the build that it came from.")
    show("crash", "import", str(CRASH.relative_to(ROOT)), "--build", "latest")
    say("4. Weeks later: which builds were there, and what is known of this one?")
    show("builds")
    show("show", "latest")
    say("5. Find the lines that matter.")
    show("search", "warning", "--limit", "5")
    say("That is all. Now try it on a build of your own:")
    binary = MILLSTREAM.relative_to(ROOT)
    for command, meaning in (
        ("run -- make", "record any command; no service needs to be running"),
        ("tail latest", "follow it, or read it again"),
        ("builds --watch", "a table that keeps itself up to date"),
        ("serve", "a service for apps in any language: see README.md"),
        ("--help", "everything else"),
    ):
        print(f"  {binary} {command:<16} {DIM}{meaning}{PLAIN}")


if __name__ == "__main__":
    main()
