"""Labels as they are typed: `--label KEY=VALUE`."""

import re
from collections.abc import Iterable
from typing import Annotated

import typer

MAX_LABELS = 32
MAX_VALUE_LENGTH = 255
_KEY = re.compile(r"[a-z0-9._/-]{1,63}", re.ASCII)

LabelFilterOption = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="KEY=VALUE", help="Only builds that have this label; may be repeated."),
]


def parse_labels(texts: Iterable[str]) -> dict[str, str]:
    """Return labels by name; one that is given twice has its last value. Raises typer.BadParameter."""
    labels = dict(map(_parse_label, texts))
    if len(labels) > MAX_LABELS:
        raise typer.BadParameter(f"{len(labels)} labels, {MAX_LABELS} are allowed", param_hint="--label")
    return labels


def _parse_label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--label")
    if not _KEY.fullmatch(key):
        raise typer.BadParameter(f"{key!r} is not a name of 1 to 63 characters of a-z0-9._/-", param_hint="--label")
    if len(value) > MAX_VALUE_LENGTH or (value and not value.isprintable()):
        raise typer.BadParameter(
            f"the value of {key} must be printable, and at most {MAX_VALUE_LENGTH} characters", param_hint="--label"
        )
    return key, value
