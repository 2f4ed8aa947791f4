"""``radiograde route`` says where a film would go and why, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from radiograde.command import main
from radiograde.service.config.settings import Settings
from radiograde.service.films.intake import FilmIntake
from radiograde.service.grading import load_scorer
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import open_records
from tests.service.delivery.test_rules import TableScorer, film_with
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import png

DESTINATIONS = """
[[destination]]
name = "pacs"
type = "dicom"
aet = "XRAY1"
host = "pacs.example"
port = 104
quiet_hours = "22:00-06:00"

[[destination]]
name = "ward"
type = "folder"
path = "/mnt/ward"
"""
SEVERE = '[[rules]]\nto = ["ward"]\nseverity = ["severe"]\nsend = ["pdf"]\npriority = "high"\n'
WORSE = '[[rules]]\nto = ["ward"]\nchange = ["worse"]\nsend = ["json"]\n'
TO_SENDER = '[[rules]]\nto = ["@sender"]\ndepartment = ["ICU"]\n'

Route = Callable[..., tuple[int, str]]


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch) -> TableScorer:
    made = TableScorer()
    monkeypatch.setattr(load_scorer, "load_scorer", lambda settings: made)
    return made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.dcm"
    path.write_bytes(film_bytes())
    return path


@pytest.fixture
def route(data: Path) -> Route:
    def run(site: str, *arguments: Any) -> tuple[int, str]:
        (data / "radiograde.toml").write_text(site)
        command = ["route", "--data-dir", str(data), *map(str, arguments)]
        done = CliRunner().invoke(main, command)
        return done.exit_code, done.output

    return run


def test_without_rules_it_goes_as_ever_and_is_not_graded(
    route: Route, film: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_scorer, "load_scorer", None)
    code, shown = route(DESTINATIONS, film)
    assert code == 0, shown
    assert shown.splitlines() == [
        f"{film}: not graded, for no rule asks for it; so it goes if it is scored",
        "  to pacs: sr, seg, sc (its sources, not in quiet hours 22:00-06:00)",
        "  to ward: json, sr, seg, sc, pdf (its sources)",
    ]
    assert [path.name for path in data.iterdir()] == ["radiograde.toml"]
    code, shown = route(DESTINATIONS, film, "--source", "http")
    assert code == 3
    assert "not to ward: source is http, not dicom or dicomweb or folder" in shown
    assert "the site file names no destination" in route("", film)[1]


def test_a_film_is_graded_where_a_rule_asks_for_it(
    route: Route, film: Path, data: Path, scorer: TableScorer
) -> None:
    scorer.brixia = 13.0
    code, shown = route(DESTINATIONS + SEVERE + TO_SENDER, film, "--sender", "XRAY1")
    assert code == 0, shown
    assert shown.splitlines() == [
        f"{film}: scored, severe",
        "  not to pacs: rule 2: department is not known, not ICU",
        "  to ward: pdf (rule 1, priority high)",
    ]
    scorer.brixia = 3.0
    code, shown = route(DESTINATIONS + SEVERE, film)
    assert code == 3
    assert "not to ward: rule 1: severity is mild, not severe" in shown
    assert "not to pacs: no rule sends there" in shown
    assert [path.name for path in data.iterdir()] == ["radiograde.toml"]


def test_the_sender_gets_it_back(route: Route, film: Path) -> None:
    film.write_bytes(film_with(InstitutionalDepartmentName="icu"))
    _, shown = route(DESTINATIONS + TO_SENDER, film, "--sender", "XRAY1")
    assert "to pacs: sr, seg, sc (rule 1" in shown
    code, shown = route(DESTINATIONS + TO_SENDER, film)
    assert code == 3
    assert "its sender is not known, not XRAY1" in shown


def test_a_change_is_that_since_the_film_which_is_kept(
    route: Route, film: Path, data: Path, scorer: TableScorer
) -> None:
    earlier = film_with(SOPInstanceUID="1.2.3", AcquisitionDate="20260101")
    scorer.brixia = 2.0
    settings = Settings(data_dir=data)
    with closing(open_records(settings)) as records:
        intake: FilmIntake = records.intake
        FilmGrader(records, scorer, settings.limits).grade_waiting(
            intake.accept(earlier, "dicom").film_id
        )
        scorer.brixia = 9.0
        code, shown = route(DESTINATIONS + WORSE, film, "--json")
        assert code == 0, shown
        found = json.loads(shown)
        assert found == {
            "file": str(film),
            "graded": True,
            "status": "scored",
            "severity": "moderate",
            "change": "worse",
            "fault": None,
            "routes": [
                {
                    "destination": "ward",
                    "documents": ["json"],
                    "priority": "normal",
                    "why": ["rule 1"],
                }
            ],
            "not_to": [{"destination": "pacs", "why": ["no rule sends there"]}],
        }
        assert len(records.jobs.page(10)) == 1
    scorer.brixia = 4.0
    assert "change is no_certain_change, not worse" in route(DESTINATIONS + WORSE, film)[1]


def test_what_is_no_film_goes_nowhere(route: Route, film: Path, tmp_path: Path) -> None:
    film.write_bytes(film_bytes(SOPClassUID="1.2.840.10008.5.1.4.1.1.2"))
    assert route(DESTINATIONS, film) == (3, f"{film}: It would be set aside: not_a_film.\n")
    film.write_bytes(b"no film")
    code, shown = route(DESTINATIONS, film)
    assert (code, "neither a DICOM object nor" in shown) == (3, True)
    picture = tmp_path / "film.png"
    picture.write_bytes(png())
    code, shown = route(DESTINATIONS, picture)
    assert code == 0
    assert "not to pacs: its sources; there is no sr, seg, sc of it" in shown
    assert "to ward: json, pdf (its sources)" in shown


def test_a_misspelt_rule_is_said(route: Route, film: Path) -> None:
    code, shown = route(DESTINATIONS + SEVERE.replace("ward", "wart"), film)
    assert code == 1
    assert "Did you mean ward?" in shown


def test_a_folder_is_no_film(route: Route, tmp_path: Path) -> None:
    assert route(DESTINATIONS, tmp_path)[0] == 2
