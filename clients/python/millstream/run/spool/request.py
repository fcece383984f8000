"""What one run was asked to record, and for whom."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from millstream.local.destination import Destination


@dataclass(frozen=True, slots=True)
class Request:
    """A build as the pass-through knows it: all that a later run needs in order to send it."""

    build_id: str
    writer_id: str
    created_us: int
    """When the run began, in microseconds since 1970."""
    folder: str
    """The folder that the command runs in."""
    project_id: str
    project_name: str
    scheme_name: str
    version: str | None = None
    """None: what `git describe` says."""
    build_number: int | None = None
    """None: the project's next one."""
    command: list[str] = field(default_factory=list)
    """Its program and arguments, as the service takes them."""
    branch: str = ""
    """The branch that the CI system names; for where git knows none."""
    host: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    destination: Destination = field(default_factory=Destination)
    wait: float = 10.0
    """How many seconds the run waits, after its command, for a service that acknowledges nothing."""

    def save(self, path: Path) -> None:
        """Write it to a file that only its owner may read."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(dataclasses.asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read it back. Raises OSError where there is none, ValueError where it is damaged or of another release."""
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        try:
            destination = Destination(**fields.pop("destination"))
            return cls(**fields, destination=destination)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{path} is not a request of this release") from error
