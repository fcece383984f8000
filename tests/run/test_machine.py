"""What is read of a machine's files, whatever is missing."""

from pathlib import Path

import pytest

from millstream.run.facts.machine import this_machine

linux = pytest.mark.skipif("sys.platform != 'linux'", reason="reads Linux's files")


def machine_files(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


DMI = "sys/devices/virtual/dmi/id/"


@linux
def test_a_pc_is_read(tmp_path: Path) -> None:
    root = machine_files(
        tmp_path,
        {
            f"{DMI}sys_vendor": "LENOVO\n",
            f"{DMI}product_name": "20XW\n",
            "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
            "proc/cpuinfo": "processor\t: 0\nmodel name\t: AMD  EPYC 7B13\n",
        },
    )
    machine = this_machine(root)
    assert machine.model == "LENOVO 20XW"
    assert machine.os_version == "Debian GNU/Linux 12 (bookworm)"
    assert machine.processor == "AMD EPYC 7B13"
    assert machine.memory >= 1


@linux
def test_a_board_without_dmi_is_read(tmp_path: Path) -> None:
    root = machine_files(tmp_path, {"proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0"})
    assert this_machine(root).model == "Raspberry Pi 5 Model B Rev 1.0"


@linux
def test_a_vendor_is_not_named_twice_and_fillers_not_at_all(tmp_path: Path) -> None:
    files = {f"{DMI}sys_vendor": "HP", f"{DMI}product_name": "HP EliteDesk 800"}
    assert this_machine(machine_files(tmp_path / "a", files)).model == "HP EliteDesk 800"
    files = {f"{DMI}sys_vendor": "To Be Filled By O.E.M.", f"{DMI}product_name": "Default string"}
    assert this_machine(machine_files(tmp_path / "b", files)).model == ""


@linux
def test_where_there_are_no_files_there_is_still_an_answer(tmp_path: Path) -> None:
    machine = this_machine(tmp_path)
    assert machine.model == ""
    assert machine.os_version.startswith("Linux")
    assert machine.processor


def test_this_machine_can_be_asked() -> None:
    machine = this_machine()
    assert machine.os_version
    assert machine.processor
    assert machine.memory >= 1
