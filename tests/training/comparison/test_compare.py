"""``radiograde compare`` on drawn films: record, page and pictures."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

from radiograde.command import main
from radiograde.data.manifest import load
from radiograde.data.phantom_dataset import write_dataset
from radiograde.model.scoring.scales import BRIXIA
from radiograde.model.scoring.scorer import BUNDLED
from radiograde.training.comparison.moved_films import moved_films
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.served.served_grading import ServedGrading, ServedScore

FILMS = 6


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    write_dataset(folder, count=FILMS, seed=3)
    return folder


def test_a_model_is_not_better_than_itself(films: Path, tmp_path: Path) -> None:
    other = tmp_path / "again.onnx"
    model = onnx.load(BUNDLED)
    model.doc_string = "the same network in another file"
    onnx.save(model, other)
    out = tmp_path / "report"
    done = CliRunner().invoke(
        main, ["compare", str(BUNDLED), str(other), "--data", str(films), "--report", str(out)]
    )
    record = json.loads((out / "comparison.json").read_text())
    assert done.exit_code == 0, done.output
    assert record["verdict"] == "not worse"
    assert record["a"]["sha256"] != record["b"]["sha256"]
    assert {one["moved"]["value"] for one in record["figures"]["scales"]} == {0.0}
    page = (out / "comparison.html").read_text()
    assert "not worse" in page
    assert "<img" not in page, "no film moved"
    assert len(list(out.glob("gradings-*.jsonl"))) == 2


def test_the_films_that_moved_most_come_first_and_are_shown(films: Path) -> None:
    manifest = load(films)

    def graded(*values: float | None) -> tuple[GradedFilms, list[ServedGrading]]:
        gradings = [
            ServedGrading("rejected", ("no_lungs",))
            if value is None
            else ServedGrading("scored", (), {"brixia": ServedScore(value, value - 1, value + 1)})
            for value in values
        ]
        return GradedFilms.served(manifest.films, gradings), gradings

    before, first = graded(1, 2, 3, 4, 5, None)
    after, second = graded(1, 2.5, 9, None, 5, None)
    moved = moved_films((before, after), (first, second), BRIXIA)
    rows = [manifest.films[index].row for index in (3, 2, 1)]
    assert [film.row for film in moved] == rows
    assert moved[0].scores == ("4.0 (3.0 to 5.0)", "no_lungs")
    assert all(len(film.pictures) == 2 for film in moved)
    assert moved[1].pictures[0].startswith("data:image/jpeg;base64,")
