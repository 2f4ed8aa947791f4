"""The stopwatch: fair turns, paired ratios, results that can be read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import stopwatch


def test_contenders_take_turns_and_the_warm_up_is_not_counted() -> None:
    turns: list[str] = []
    contenders = {"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}
    samples = stopwatch.interleave(contenders, rounds=3, warm_up=1)
    assert turns == ["a", "b"] * 4
    assert {name: len(values) for name, values in samples.items()} == {"a": 3, "b": 3}


def test_ratios_are_taken_round_by_round() -> None:
    samples = {"base": [1.0, 10.0, 2.0], "twice": [2.0, 20.0, 4.0]}
    assert stopwatch.ratios(samples, "base")["twice"] == stopwatch.Spread(2.0, 2.0, 2.0)


def test_a_spread_tells_median_and_tenths() -> None:
    assert stopwatch.spread([float(n) for n in range(11)]) == stopwatch.Spread(5.0, 1.0, 9.0)


def test_results_are_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopwatch, "RESULTS", tmp_path / "results")
    samples = {"base": [1.0, 2.0], "other": [2.0, 4.0]}
    document = json.loads(stopwatch.write_results("x", {"bits": 12}, samples, "base").read_text())
    assert document["bits"] == 12
    assert document["ratio"]["other"]["median"] == 2.0
    assert "| other | 3 (2.2-3.8) | 2 (2-2) |" in stopwatch.table(samples, "base")
