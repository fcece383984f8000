"""Every figure of a run runs, with tiny numbers, and finds something sane. What it finds is for `make bench` to say."""

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.load import ghz, mixed, soak
from tests.load.bench import Bench, Figure, recorded
from tests.load.figures.registry import FIGURES
from tests.load.measures import Line, Times, alternate
from tests.load.processes import Crew, Generator, LoadError, Server
from tests.load.reports import report, table
from tests.postgres import programs

pytestmark = pytest.mark.slow(10)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Crew() as crew:
        yield Bench(tmp_path_factory.mktemp("load"), crew, seconds=0.1, rounds=1, scale=0.005)


ON_POSTGRES = {"postgres-writes", "postgres-replay", "postgres-restart", "postgres-failover", "across-services"}
BY_DEFAULT = [figure for figure in FIGURES if figure.by_default]


def _marks(figure: Figure) -> list[pytest.MarkDecorator]:
    """One figure of PostgreSQL is enough for each commit: the others start and end servers."""
    return [pytest.mark.in_full] if figure.name in ON_POSTGRES - {"postgres-writes"} else []


@pytest.mark.parametrize("figure", [pytest.param(one, id=one.name, marks=_marks(one)) for one in BY_DEFAULT])
def test_a_figure_finds_something(figure: Figure, bench: Bench) -> None:
    if figure.name == "ghz" and not ghz.installed():
        pytest.skip("ghz is not here: `make bench` installs it")
    if programs.folder() is None and figure.name in ON_POSTGRES:
        pytest.skip("PostgreSQL is not installed")
    lines = list(figure.run(bench))
    assert lines
    for line in lines:
        assert line.value >= 0, line
        assert line.floor > 0, line
        assert math.isfinite(line.ratio), line
        assert line.times is None or 0 <= line.times.p50 <= line.times.p99 <= line.times.longest, line


def a_line(ratio: float, target: float | None = None, *, most: bool = False) -> Line:
    return Line("writes", "/s", ratio * 200, 200, "empty calls", target, most, Times(0.001, 0.002, 0.003))


def test_a_target_is_the_least_ratio_or_the_greatest() -> None:
    assert a_line(0.7, 0.65).holds
    assert not a_line(0.6, 0.65).holds
    assert a_line(0.04, 0.05, most=True).holds
    assert not a_line(0.06, 0.05, most=True).holds
    assert a_line(0.1).holds


def test_floor_and_figure_take_turns() -> None:
    turns: Iterator[int] = iter(range(6))
    floors, figures = alternate(3, lambda: next(turns), lambda: next(turns))
    assert (floors, figures) == ([0, 2, 4], [1, 3, 5])


def test_times_are_summed_up_by_their_order() -> None:
    times = Times.of([n / 1000 for n in range(1000, 0, -1)])
    assert (times.p50, times.p99, times.longest) == (0.501, 0.991, 1.0)
    assert (times.percentiles[0], times.percentiles[50], times.percentiles[100]) == (0.001, 0.501, 1.0)


def test_statements_are_counted_where_there_are_any(bench: Bench) -> None:
    with bench.traced_service() as service:
        service.wait_until_quiet()
        before = service.statements()
        assert service.statements() == before
        with recorded(service, 1):
            assert service.statements() > before


def test_the_report_says_what_was_missed() -> None:
    console = Console(record=True, width=100, file=io.StringIO())
    report.show(console, "2 cores", [a_line(0.6, 0.65)])
    text = console.export_text()
    assert "0.6" in text
    assert "≥ 0.65" in text
    assert "1 / 2 / 3 ms" in text


def test_json_has_ratios_and_whether_they_hold() -> None:
    [line] = json.loads(report.to_json("2 cores", [a_line(0.6, 0.65)]))["figures"]
    assert line["ratio"] == pytest.approx(0.6)
    assert line["holds"] is False


def test_a_load_that_fails_is_an_error_and_no_figure() -> None:
    with Generator() as generator, pytest.raises(LoadError):
        generator.run("row_a_line", path="/nowhere/at/all", table="bare", seconds=0.1)


def test_a_server_that_does_not_listen_is_an_error() -> None:
    with pytest.raises(LoadError), Server("millstream_service", "--listen", "example.com:1"):
        pass


def test_markdown_has_a_row_a_line() -> None:
    rows = report.to_markdown("2 cores", [a_line(0.6, 0.65)]).splitlines()
    assert rows[0] == "2 cores"
    assert rows[-1] == "| writes, beside empty calls | 0.6 | ≥ 0.65 ✗ | 120/s | 200/s | 1 / 2 / 3 ms |"


@pytest.mark.parametrize("name", ["bench", "soak"])
def test_a_guide_is_filled_with_the_figures_of_a_run(tmp_path: Path, name: str) -> None:
    def of(bench: str, soak: str) -> str:
        runs = {"bench": bench, "soak": soak}
        return "\n".join(f"# {run}\n\n<!-- results of make {run} -->\n{runs[run]}\n{table.END}\nText." for run in runs)

    run, guide = tmp_path / f"{name}.json", tmp_path / "guide.md"
    before = {"bench": "old", "soak": "old too"}
    guide.write_text(of(**before))
    assert table.main([str(run), str(guide)]) == 0
    assert guide.read_text() == of(**before), "there was no run"
    line = a_line(0.6, 0.65)
    run.write_text(report.to_json("2 cores", [line]))
    for _ in range(2):
        assert table.main([str(run), str(guide)]) == 0
        assert guide.read_text() == of(**before | {name: report.to_markdown("2 cores", [line])})


def test_a_guide_without_a_place_for_results_is_left_as_it_is() -> None:
    with pytest.raises(ValueError, match="no place"):
        table.filled("# Guide\n", table.begin_of(Path("bench.json")), "| figure |")


def test_a_tool_that_can_not_be_had_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ghz.NotHadError, match="neither is Go"):
        ghz.program(tmp_path)


def test_the_mixed_load_checks_what_it_writes(bench: Bench) -> None:
    checked, memory, late = soak.mixed_lines(bench, 0.5, 1.0)
    assert checked.value == 0, checked.note
    assert checked.floor > 100, "it checked next to nothing"
    assert memory.curves[0].y
    assert late.times is not None


def test_what_was_written_and_not_seen_is_told() -> None:
    recorded = {"updates": 7, "lines": {"a": 10, "b": 20}}
    assert list(mixed.differences(recorded, {"lasts": [7, 7], "lines": {"a": 10, "b": 20}})) == []
    reported = list(mixed.differences(recorded, {"lasts": [7, 6], "lines": {"a": 9}}))
    assert len(reported) == 3, reported


def test_a_kill_that_breaks_a_promise_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "_KILL_TEST", "tests/faults/no_such_file.py")
    assert not soak.killed(4).holds
