"""A bar of text that says how much is done."""

from rich.text import Text


def progress_bar(progress: float, width: int, style: str = "cyan") -> Text:
    """Return a bar of so many cells, to half a cell: `━━━━╸─────`."""
    halves = int(min(max(progress, 0.0), 1.0) * width * 2)
    done = "━" * (halves // 2) + "╸" * (halves % 2)
    return Text.assemble((done, style), ("─" * (width - len(done)), "dim"))
