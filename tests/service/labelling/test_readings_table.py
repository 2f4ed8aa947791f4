"""Blind readings as a table beside the model's scores."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.service.grading.records import Records
from radiograde.service.labelling.readings_table import COLUMNS
from radiograde.service.reviews.blind_reading import BlindReading
from radiograde.service.reviews.blind_reading_repository import BlindReadingRepository
from tests.service.fakes import scores
from tests.service.reviews.made import graded

WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
GRADES = {"A": 0, "B": 1, "C": 3, "D": 0, "E": 0, "F": 2}


def commit(
    records: Records, film: str, reader: str, comment: str | None = None, days: int = 0
) -> None:
    zones = None if reader == "park" else GRADES
    reading = BlindReading(film, reader, WHEN + timedelta(days=days), zones, comment)
    BlindReadingRepository(records.database).commit(reading)


def export(tmp_path: Path, *options: str) -> Result:
    data, out = str(tmp_path / "data"), str(tmp_path / "readings.csv")
    command = ["data", "readings", "--out", out, "--data-dir", data, *options]
    return CliRunner().invoke(main, command)


def rows(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "readings.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_row_a_reading_with_the_models_scores_beside(records: Records, tmp_path: Path) -> None:
    film = graded(records)
    commit(records, film, "kim", "=HYPERLINK(1)")
    commit(records, film, "park", days=1)
    done = export(tmp_path)
    assert (done.exit_code, done.output.splitlines()[-1].split(": ")[1]) == (0, "2 readings")
    kim, park = rows(tmp_path)
    assert tuple(kim) == COLUMNS
    assert [kim[f"zone_{zone}"] for zone in "ABCDEF"] == ["0", "1", "3", "0", "0", "2"]
    assert (kim["reader"], kim["gradable"], kim["brixia"]) == ("kim", "yes", "6")
    assert kim["comment"] == "'=HYPERLINK(1)", "no formula"
    assert (park["gradable"], park["zone_A"], park["brixia"]) == ("no", "", "")
    model = scores()
    assert float(kim["model_brixia"]) == model.brixia.value
    assert (float(kim["model_low"]), float(kim["model_high"])) == model.brixia.interval
    assert float(kim["model_zone_C"]) == model.zones["C"].value
    assert kim["withdrawn"] == "no"


def test_readings_of_a_film_that_is_gone_stay_readings(records: Records, tmp_path: Path) -> None:
    commit(records, "01JARADMZ00000000000000000", "kim")
    export(tmp_path)
    (row,) = rows(tmp_path)
    assert (row["zone_C"], row["model_brixia"], row["patient"]) == ("3", "", "")


def test_readings_are_chosen_by_day(records: Records, tmp_path: Path) -> None:
    film = graded(records)
    commit(records, film, "kim")
    commit(records, film, "lee", days=5)
    export(tmp_path, "--since", "2026-03-07")
    assert [row["reader"] for row in rows(tmp_path)] == ["lee"]
