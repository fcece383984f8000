"""Hits of a search as text, in grep's way: `BUILD:SEQ: line` for a hit, `BUILD-SEQ- line` for a line near one."""

import re
from collections.abc import Callable, Iterable, Iterator

from rich.text import Text

from millstream.builds.v1.backend_service_pb2 import SearchHit
from millstream.cli.logs.hit_lines import HitLine, hit_lines, starts_group
from millstream.cli.shared.printable import visible
from millstream.cli.shared.short_id import ShortIds

GROUP_SEPARATOR = "--"

Spans = Callable[[str], Iterable[tuple[int, int]]]
"""Where in a line the matches are."""


def piped_hits(hits: Iterable[SearchHit], short: ShortIds, *, in_groups: bool) -> Iterator[str]:
    """Return the lines as text, as they were stored."""
    before: HitLine | None = None
    for hit in hit_lines(hits):
        if in_groups and starts_group(before, hit):
            yield GROUP_SEPARATOR
        sign = ":" if hit.is_hit else "-"
        yield f"{short.of(hit.line.build_id)}{sign}{hit.line.seq}{sign} {hit.line.content}"
        before = hit


def coloured_hits(hits: Iterable[SearchHit], short: ShortIds, spans: Spans, *, in_groups: bool) -> Iterator[Text]:
    """Return the lines for a terminal, with what matched in red."""
    before: HitLine | None = None
    for hit in hit_lines(hits):
        if in_groups and starts_group(before, hit):
            yield Text(GROUP_SEPARATOR, style="cyan")
        sign = (":" if hit.is_hit else "-", "cyan")
        place = Text.assemble((short.of(hit.line.build_id), "blue"), sign, (str(hit.line.seq), "green"), sign, " ")
        yield place.append_text(_content(hit, spans))
        before = hit


def match_spans(query: str, *, regex: bool, ignore_case: bool) -> Spans:
    """Return what finds the parts of a line to highlight.

    An expression is looked for with RE2, as the service does, and not at all where that is not installed: Python's own
    engine may take for ever over one that RE2 is done with at once.
    """
    flag = "(?i)" if ignore_case else ""
    if not regex:
        return _spans_of(re.compile(flag + re.escape(query)))
    try:
        import re2
    except ImportError:
        return lambda _: ()
    return _spans_of(re2.compile(flag + query))


def _spans_of(pattern: re.Pattern[str]) -> Spans:
    return lambda text: (match.span() for match in pattern.finditer(text))


def _content(hit: HitLine, spans: Spans) -> Text:
    text = Text(visible(hit.line.content), style="" if hit.is_hit else "dim")
    for start, end in spans(hit.line.content) if hit.is_hit else ():
        text.stylize("bold red", start, end)
    return text
