"""Compiles what is written in C, where there is a compiler; where there is none, what is written in Python is used."""

import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, PlatformError

_NAME = "millstream_service.convert._lines"
_FOLDER = Path("service/millstream_service/convert")


class CompiledParts(BuildHookInterface[Any]):
    """Builds the extension module beside its source: an editable install imports it from there, a wheel takes it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before files are collected."""
        made = self._compiled(Path(self.root))
        if made is not None:
            build_data["artifacts"].append(made.as_posix())
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def _compiled(self, root: Path) -> Path | None:
        """Return where the module lies, seen from the root; None where it can't be compiled."""
        extension = Extension(_NAME, [str(root / _FOLDER / "_lines.c")], extra_compile_args=["-O2", "-std=c11"])
        command = build_ext(Distribution({"name": "millstream", "ext_modules": [extension]}))
        command.build_temp = str(root / "build" / "compiled")
        command.build_lib = str(root / "build" / "compiled")
        for stale in (root / _FOLDER).glob("_lines*.so"):
            stale.unlink()  # else it would be imported where its successor can't be compiled
        try:
            command.ensure_finalized()
            command.run()
        except (CompileError, PlatformError) as error:
            sys.stderr.write(f"logs will be read more slowly: _lines.c could not be compiled ({error})\n")
            return None
        made = Path(command.get_ext_fullpath(_NAME))
        return Path(shutil.copy2(made, root / _FOLDER)).relative_to(root)


def get_build_hook() -> type[CompiledParts]:
    """Return what hatchling is to call."""
    return CompiledParts
