"""Tables of text: for pipes plain lines in aligned columns, for a terminal a table that fits it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

NOTHING = "-"
GAP = 2
_WIDE = 1_000


def plain_lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Return the lines of a table, the headings first, as wide as its cells are."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return (align(row, widths) for row in rows)


def align(cells: Sequence[str], widths: Iterable[int]) -> str:
    """Return one line of a table of known widths."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def one_line(cell: str) -> str:
    """Return what a cell holds as one line without control signs; never empty, so that columns stay separable."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in cell).split()) or NOTHING


def cell(text: str, style: str = "") -> "Text":
    """Return a cell for a terminal, empty where there is nothing to say."""
    from rich.text import Text

    return Text("" if text == NOTHING else text, style=style)


class FittedTable:
    """How to fit a table into a terminal.

    `narrowest`: columns that may be cut with an ellipsis, and how many characters they keep. `dispensable`: those that
    are then left out, one after the other. `right`: columns whose cells stand to the right.
    """

    def __init__(self, narrowest: Mapping[str, int], dispensable: Sequence[str], right: Iterable[str]) -> None:
        self._narrowest = narrowest
        self._dispensable = dispensable
        self._right = frozenset(right)

    def fits(self, columns: "Mapping[str, Sequence[Text]]", width: int) -> bool:
        """Whether all columns fit into so many cells, cut or not."""
        return self._least_width(columns) <= width

    def table(self, columns: "Mapping[str, Sequence[Text]]", width: int) -> "Table":
        """Return a table of these columns, by their headings, that fits into so many cells."""
        shown = dict(columns)
        for heading in self._dispensable:
            if self.fits(shown, width):
                break
            del shown[heading]
        return self._table(shown, width)

    def _least_width(self, columns: "Mapping[str, Sequence[Text]]") -> int:
        widths = [min(_natural_width(*column), self._narrowest.get(column[0], _WIDE)) for column in columns.items()]
        return sum(widths) + GAP * (len(widths) - 1)

    def _cut_widths(self, columns: "Mapping[str, Sequence[Text]]", width: int) -> dict[str, int]:
        """Return the width of each column: the widest that can be cut gives way first."""
        widths = {heading: _natural_width(heading, cells) for heading, cells in columns.items()}
        excess = sum(widths.values()) + GAP * (len(widths) - 1) - width
        while excess > 0:
            givers = [heading for heading in widths if widths[heading] > self._narrowest.get(heading, _WIDE)]
            if not givers:
                break
            widths[max(givers, key=widths.__getitem__)] -= 1
            excess -= 1
        return widths

    def _table(self, columns: "Mapping[str, Sequence[Text]]", width: int) -> "Table":
        from rich.table import Table

        table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="dim")
        for heading, column_width in self._cut_widths(columns, width).items():
            table.add_column(
                heading,
                width=column_width,
                no_wrap=True,
                overflow="ellipsis",
                justify="right" if heading in self._right else "left",
            )
        for cells in zip(*columns.values(), strict=True):
            table.add_row(*cells)
        return table


def _natural_width(heading: str, cells: "Sequence[Text]") -> int:
    from rich.cells import cell_len

    return max([cell_len(heading), *(cell.cell_len for cell in cells)])
