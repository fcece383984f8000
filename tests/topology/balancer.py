"""nginx with the configuration of the containers, its paths and ports changed to those of a test."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.deadline import patience

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
SECONDS = 20.0


def program() -> str | None:
    """Return where nginx is, or None where it is not installed."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Balancer:
    """One nginx. Enter it to have it running, in front of the sockets a.sock and b.sock of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "nginx.conf"
        port, health = _free_ports(2)
        self.address = f"127.0.0.1:{port}"
        self.health = f"127.0.0.1:{health}"
        self._file.write_text(self._adapted(CONFIGURATION.read_text()))

    def _adapted(self, text: str) -> str:
        for there, here in (
            (" /tmp/", f" {self._folder}/"),
            ("/run/millstream/", f"{self._folder}/"),
            ("listen 50551 ", f"listen {self.address} "),
            ("127.0.0.1:8080", self.health),
            ("worker_rlimit_nofile 65536", "worker_rlimit_nofile 1024"),
            ("worker_connections 32768", "worker_connections 512"),
        ):
            assert there in text, f"the configuration does not say {there}"
            text = text.replace(there, here)
        return text

    def command(self, *options: str) -> list[str]:
        """Return how to call nginx with this configuration."""
        path = program()
        assert path, "nginx is not installed"
        # the sockets are their owner's alone, and by default root would serve as nobody
        user = " user root;" if os.geteuid() == 0 else ""
        return [path, "-e", "stderr", "-c", str(self._file), "-g", f"daemon off;{user}", *options]

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + patience(SECONDS)
        while not self._listens():
            assert self._process.poll() is None, f"nginx did not start: {self.log}"
            assert time.monotonic() < end, f"nginx does not listen: {self.log}"
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(patience(SECONDS))

    @property
    def _log(self) -> Path:
        return self._folder / "nginx.log"

    @property
    def log(self) -> str:
        """What it has to say."""
        return self._log.read_text()

    def _listens(self) -> bool:
        host, _, port = self.address.partition(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
