"""``radiograde monitor``: what it finds where it is told to look, and stopping and clearing."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import open_records
from tests.service.fakes import FACTS, FakeScorer
from tests.service.monitoring.made_films import brighter, made_rows, record


@pytest.fixture(autouse=True)
def quick_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "radiograde.service.grading.load_scorer.load_scorer", lambda *_, **__: FakeScorer()
    )


def monitor(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["monitor", *words, "--data-dir", str(data)])


def test_an_alarm_is_shown_until_it_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "radiograde.toml").write_text('[monitor]\nfirst_days = 1\nfilms = "stop"\n')
    with closing(open_records(Settings(data_dir=tmp_path))) as records:
        record(records.database, made_rows(300))
        assert monitor(tmp_path).exit_code == 0
        record(records.database, brighter(made_rows(120, seed=2, first=300)))
    found = monitor(tmp_path)
    assert found.exit_code == 3
    assert "ALARM" in found.output
    document = json.loads(monitor(tmp_path, "show", "--json").stdout)
    assert document["stopped"]
    for alarm in document["alarms"]:
        cleared = monitor(tmp_path, "clear", alarm["id"], "--by", "kim")
        assert "cleared by kim" in cleared.output
    assert monitor(tmp_path).exit_code == 0
    assert "no alarm that stands" in monitor(tmp_path, "clear", "x").output.lower()


def test_a_model_is_stopped_by_hand_with_a_reason(tmp_path: Path) -> None:
    open_records(Settings(data_dir=tmp_path)).close()
    stopped = monitor(tmp_path, "stop", "--reason", "It looks wrong", "--by", "kim")
    assert f"{FACTS.sha256[:12]} is stopped" in stopped.output
    assert "It looks wrong" in monitor(tmp_path).output
    assert monitor(tmp_path, "stop", "--reason", "again").exit_code == 1
