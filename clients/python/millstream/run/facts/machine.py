"""What can be found out about this machine: its model, operating system, memory and processor."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_GIGABYTE = 1024**3
_PATIENCE = 2.0
_DMI = Path("sys/devices/virtual/dmi/id")
# What makers of boards write where they have nothing to say.
_FILLERS = frozenset({"", "none", "default string", "system product name", "to be filled by o.e.m.", "not specified"})


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine; an empty text or 0 where nothing is known. `memory` in GB (of 1024³ bytes), rounded."""

    model: str
    os_version: str
    memory: int
    processor: str


def this_machine(root: Path = Path("/")) -> Machine:
    """Find out about this machine. Never fails; `root` is where its files are."""
    return _mac() if sys.platform == "darwin" else _linux(root)


def _linux(root: Path) -> Machine:
    return Machine(
        model=_linux_model(root),
        os_version=_os_release(root) or f"{platform.system()} {platform.release()}",
        memory=_memory(),
        processor=_cpu(root) or platform.machine(),
    )


def _linux_model(root: Path) -> str:
    vendor, product = (_known(_text(root / _DMI / name)) for name in ("sys_vendor", "product_name"))
    if product and vendor and not product.lower().startswith(vendor.split()[0].lower()):
        return f"{vendor} {product}"
    return product or vendor or _text(root / "proc/device-tree/model")


def _os_release(root: Path) -> str:
    text = _text(root / "etc/os-release") or _text(root / "usr/lib/os-release")
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return fields.get("PRETTY_NAME", "").strip("\"'")


def _cpu(root: Path) -> str:
    for line in _text(root / "proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in {"model name", "Model Name", "Hardware", "cpu model"}:
            return " ".join(value.split())
    return ""


def _memory() -> int:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GIGABYTE)
    except (OSError, ValueError):
        return 0


def _mac() -> Machine:
    memory = _sysctl("hw.memsize")
    return Machine(
        model=_sysctl("hw.model"),
        os_version=f"macOS {platform.mac_ver()[0]}",
        memory=round(int(memory) / _GIGABYTE) if memory.isdecimal() else 0,
        processor=_sysctl("machdep.cpu.brand_string"),
    )


def _sysctl(name: str) -> str:
    try:
        answer = subprocess.run(["sysctl", "-n", name], capture_output=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.decode(errors="replace").strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n ")
    except OSError:
        return ""


def _known(text: str) -> str:
    return "" if text.lower() in _FILLERS else text
