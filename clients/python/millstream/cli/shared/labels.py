"""Labels as they are typed: `--label KEY=VALUE`."""

import re
from collections.abc import Iterable
from typing import Annotated

from millstream.cli.shared.declared import Option
from millstream.cli.shared.errors import BadUsageError

MAX_LABELS = 32
MAX_VALUE_LENGTH = 255
_KEY = re.compile(r"[a-z0-9._/-]{1,63}", re.ASCII)

LabelFilterOption = Annotated[
    list[str] | None,
    Option("--label", metavar="KEY=VALUE", help="Only builds with this label; may be repeated."),
]


def parse_labels(texts: Iterable[str]) -> dict[str, str]:
    """Return labels by name; one that is given twice has its last value. Raises BadUsageError."""
    labels = dict(map(_parse_label, texts))
    if len(labels) > MAX_LABELS:
        raise _invalid(f"{len(labels)} labels, {MAX_LABELS} are allowed")
    return labels


def _parse_label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise _invalid(f"{text!r} is not KEY=VALUE")
    if not _KEY.fullmatch(key):
        raise _invalid(f"{key!r} is not a name of 1 to 63 characters of a-z0-9._/-")
    if len(value) > MAX_VALUE_LENGTH or (value and not value.isprintable()):
        raise _invalid(f"the value of {key} must be printable, and at most {MAX_VALUE_LENGTH} characters")
    return key, value


def _invalid(reason: str) -> BadUsageError:
    return BadUsageError(f"Invalid value for --label: {reason}")
