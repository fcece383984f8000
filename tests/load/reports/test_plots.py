"""What a run found can be drawn. Needs the extra `bench`."""

import json
from pathlib import Path

import pytest

from tests.load.measures import Curve, Line, Times
from tests.load.reports import report

pytest.importorskip("matplotlib", reason="pip install -e '.[bench]'")
from tests.load.reports import plots

TIMES = Times.of([0.001, 0.002, 0.004])
MEMORY = (Curve("with stalled readers", [0, 1], [1e6, 2e6]), Curve("without", [0, 1], [1e6, 1e6]))
LINES = [
    Line("commit to client, 1 subscriber", " ms", 1, 1, "bare", times=TIMES, floor_times=TIMES, figure="latency"),
    Line("one update to 10", "/s", 9, 10, "bare fan-out", 0.85, figure="fan-out", count=10),
    Line("10 streams: memory of each", " B", 20e3, 18e3, "bare streams", figure="burst", count=10),
    Line("10 streams: memory of each", " B", 20e3, 25e3, "the promise", 1.0, most=True, figure="burst", count=10),
    Line("memory", " MB", 1, 40, "the promise", 1.0, most=True, figure="broken-readers", count=4, curves=MEMORY),
    Line("memory", " MB", 2, 2, "before", 1.3, most=True, figure="soak", curves=MEMORY[:1]),
]


def test_every_picture_is_drawn_where_there_are_figures(tmp_path: Path) -> None:
    (tmp_path / "bench.json").write_text(report.to_json("2 cores", LINES))
    assert plots.main([str(tmp_path / "bench.json"), str(tmp_path / "plots")]) == 0
    made = {path.stem: path.read_text() for path in (tmp_path / "plots").iterdir()}
    assert made.keys() == plots.PICTURES.keys()
    assert all("</svg>" in text for text in made.values())


def test_a_picture_without_figures_is_left_as_it_is(tmp_path: Path) -> None:
    rows = json.loads(report.to_json("2 cores", LINES[1:2]))["figures"]
    assert {path.stem for path in plots.draw(rows, tmp_path)} == {"ratios", "fan-out"}
