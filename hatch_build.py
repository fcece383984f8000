"""Compiles what is written in C, where there is a compiler; where there is none, what is written in Python is used."""

import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, PlatformError

_FOLDER = Path("service/millstream_service/convert/native")
_NAMES = "_entries", "_lines", "_numbers", "_texts"
_FLAGS = ["-O3", "-std=c11"]


class CompiledParts(BuildHookInterface[Any]):
    """Builds extension modules beside their source: an editable install imports them from there, a wheel takes them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before files are collected."""
        made = self._compiled(Path(self.root))
        if made:
            build_data["artifacts"] += [path.as_posix() for path in made]
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def _compiled(self, root: Path) -> list[Path]:
        """Return where the modules lie, seen from the root; nowhere, where they can't be compiled."""
        extensions = [
            Extension(
                f"millstream_service.convert.native.{name}",
                [str(root / _FOLDER / f"{name}.c")],
                extra_compile_args=_FLAGS,
            )
            for name in _NAMES
        ]
        command = build_ext(Distribution({"name": "millstream", "ext_modules": extensions}))
        command.build_temp = str(root / "build" / "compiled")
        command.build_lib = str(root / "build" / "compiled")
        command.force = True  # setuptools does not know of headers
        for stale in (root / _FOLDER).glob("_*.so"):
            stale.unlink()  # else it would be imported where its successor can't be compiled
        try:
            command.ensure_finalized()
            command.run()
        except (CompileError, PlatformError) as error:
            sys.stderr.write(f"logs will be written and read more slowly: C could not be compiled ({error})\n")
            return []
        made = map(command.get_ext_fullpath, (extension.name for extension in extensions))
        return [Path(shutil.copy2(path, root / _FOLDER)).relative_to(root) for path in made]


def get_build_hook() -> type[CompiledParts]:
    """Return what hatchling is to call."""
    return CompiledParts
