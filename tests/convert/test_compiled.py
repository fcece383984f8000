"""What is written in C is used, where it can be compiled."""

import os
import shutil
import sysconfig
from pathlib import Path

import pytest

import millstream_service.convert.native
from millstream_service.convert.logs.entry_lines import lines, plain_lines, take, take_nothing
from millstream_service.convert.logs.line_messages import COMPILED, messages, plain_messages
from millstream_service.convert.logs.line_numbers import encode_ids, find_runs, plain_encode_ids, plain_find_runs
from millstream_service.convert.logs.text_lines import holding, plain_holding

compilable = pytest.mark.skipif(
    shutil.which("cc") is None or not Path(sysconfig.get_path("include"), "Python.h").exists(),
    reason="there is no C compiler, or it lacks Python's headers",
)
USED = [
    (messages, plain_messages),
    (take, take_nothing),
    (lines, plain_lines),
    (holding, plain_holding),
    (encode_ids, plain_encode_ids),
    (find_runs, plain_find_runs),
]


@compilable
@pytest.mark.parametrize(("used", "plain"), USED)
def test_what_was_compiled_is_used(used: object, plain: object) -> None:
    assert COMPILED
    assert used is not plain


@compilable
def test_everything_was_compiled() -> None:
    [folder] = millstream_service.convert.native.__path__
    written = {path.stem for path in Path(folder).glob("_*.c")}
    assert written
    assert written == {path.name.partition(".")[0] for path in Path(folder).glob("_*.so")}


@pytest.mark.skipif("MILLSTREAM_SANITIZED" not in os.environ, reason="`make sanitize` sets it")
def test_what_is_sanitized_is_what_is_tested() -> None:
    [folder] = millstream_service.convert.native.__path__
    assert Path(folder).samefile(os.environ["MILLSTREAM_SANITIZED"])
    assert "libasan" in Path("/proc/self/maps").read_text(encoding="utf-8")
