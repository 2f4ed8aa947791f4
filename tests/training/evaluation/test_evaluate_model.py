"""A model file measured on films, and its figures in record, card and README."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.data.phantom_dataset import write_dataset
from radiograde.model.scoring.scorer import BUNDLED, Scorer
from radiograde.training import tracking
from radiograde.training.errors import ConfigError
from radiograde.training.evaluation import elsewhere, readme
from radiograde.training.evaluation.begun_with import Beginning
from radiograde.training.evaluation.figures.scale_figures import MEAN, OURS
from radiograde.training.evaluation.model_evaluation import (
    ModelEvaluation,
    load_evaluations,
    save_evaluations,
)
from tests.training.heard import Heard

FILMS = 14


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of synthetic films of two sources, some read as normal, one a child's."""
    folder = tmp_path_factory.mktemp("elsewhere")
    manifest = write_dataset(folder, count=FILMS, seed=8)
    with manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row |= {
            "source": "north" if number % 2 else "south",
            "read": "normal" if number > 3 else "",
        }
        row["patient"] = f"P{number}"
    rows[0]["read"] = "child"
    with manifest.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    """Return what MLflow would hear of evaluations."""
    tracker = Heard()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracking, "is_tracked", lambda: True)
        patch.setattr(tracking, "tracked", lambda *_: nullcontext(tracker))
        yield tracker


@pytest.fixture(scope="module")
def written(films: Path, heard: Heard, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what one command wrote: record, card, README and gradings."""
    out = tmp_path_factory.mktemp("written")
    (out / "card.md").write_text(f"# card\n{elsewhere.BEGIN}\nold\n{elsewhere.END}\ntail\n")
    (out / "README.md").write_text(f"# mine\n{readme.BEGIN}\nold\n{readme.END}\ntail\n")
    done = evaluate(
        "--data", str(films), "--model", str(BUNDLED), "--report", str(out), "--a-source", "2",
        "--threads", "1", "--record", str(out / "evaluation.json"),
        "--card", str(out / "card.md"), "--readme", str(out / "README.md"),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "Input check on real pictures" in done.output
    return out


def test_mlflow_hears_the_figures_and_sees_no_film(written: Path, heard: Heard) -> None:
    evaluation = recorded(written)
    assert heard.facts["films_sha256"] == evaluation.manifest
    assert heard.facts["model_sha256"] == evaluation.model.sha256
    north = evaluation.figures.source("north")
    assert north is not None
    ours = {(one.scale, one.reference): one for one in north.agreement if one.grader == OURS}
    assert heard.figures["north/brixia/mae"] == pytest.approx(
        ours["brixia", MEAN].mae.value, abs=1e-3
    )
    assert json.loads(heard.files["evaluation.json"])["manifest"] == evaluation.manifest
    assert "image/jpeg" in (written / "report.html").read_text("utf-8")
    assert "image/jpeg" not in heard.files["report.html"]


def evaluate(*options: str) -> Result:
    return CliRunner().invoke(main, ["evaluate", *options])


def recorded(written: Path) -> ModelEvaluation:
    (evaluation,) = load_evaluations(written / "evaluation.json")
    return evaluation


def test_every_source_has_its_own_figures_of_the_file_itself(written: Path) -> None:
    found = recorded(written)
    assert found.model == Scorer().facts
    assert found.figures.films == found.figures.patients == FILMS
    assert {one.source for one in found.figures.sources} == {"north", "south"}
    assert sum(one.films for one in found.figures.sources) == FILMS - 1, "the child aside"
    north = next(one for one in found.figures.sources if one.source == "north")
    assert {row.scale for row in north.agreement} >= {"brixia", "geographic_extent"}
    assert north.lungs[0].films == north.scored
    kinds = {kind.kind: kind.pictures for kind in found.figures.pictures}
    assert kinds["children"] == 1
    assert {one.source for one in found.figures.processing} == {"all sources", "north", "south"}
    assert {one.films for one in found.figures.swaps} == {2}
    assert found.figures.probe is not None
    assert found.figures.probe.sources == ["north", "south"]
    assert found.figures.probe.chance == 0.5


def test_the_page_shows_each_source_and_no_patient(films: Path, written: Path) -> None:
    page = (written / "report.html").read_text()
    assert "as it is served" in page
    assert "Global Brixia, north" in page
    assert "Are extent and opacity two things?" in page
    assert "Can the source be read off the network?" in page
    assert "Swap test" in page
    assert "local contrast (CLAHE)" in page
    assert page.count("<article>") == 12
    assert re.search(r"<h3>Row \d+</h3>", page)
    assert "somebody" not in page
    assert str(films) not in page


def test_the_same_command_grades_nothing_again_and_finds_the_same(
    films: Path, written: Path
) -> None:
    (gradings,) = written.glob("gradings-*.jsonl")
    before = gradings.read_bytes()
    done = evaluate(
        "--data", str(films), "--model", str(BUNDLED), "--report", str(written),
        "--a-source", "2", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    printed: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    assert printed == json.loads((written / "evaluation.json").read_text())
    assert gradings.read_bytes() == before


def test_card_and_readme_hold_what_was_recorded(written: Path) -> None:
    found = recorded(written)
    card = (written / "card.md").read_text()
    assert card == f"# card\n{elsewhere.elsewhere_section([found])}\ntail\n"
    assert "What was tuned on what" in card
    text = (written / "README.md").read_text()
    assert "old" not in text
    assert "at a hospital that it never saw (north)" in text
    assert text.index("never saw") < text.index("hospitals that it learned from")


def test_figures_go_into_other_files_without_the_films(written: Path, tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text(f"{elsewhere.BEGIN}{elsewhere.END}")
    done = evaluate("--recorded", str(written / "evaluation.json"), "--card", str(card))
    assert done.exit_code == 0, done.output
    assert card.read_text() == elsewhere.elsewhere_section([recorded(written)])


def test_a_source_that_the_model_learned_from_is_not_elsewhere(written: Path) -> None:
    found = recorded(written)
    known = replace(found, learned_sources=["north"])
    assert [one.source for one in known.elsewhere] == ["south"]
    same = replace(found, trained_on=found.manifest)
    assert same.elsewhere == []
    assert "the figures flatter it" in elsewhere.elsewhere_section([same])


def test_a_source_that_the_model_before_it_learned_from_is_not_elsewhere(
    written: Path,
) -> None:
    found = recorded(written)
    begun = replace(found, began_with=Beginning("first 1", [], ["north"], is_complete=True))
    assert [one.source for one in begun.elsewhere] == ["south"]
    assert "learned from films of north too" in elsewhere.elsewhere_section([begun])
    same = replace(found, began_with=Beginning("first 1", [found.manifest], [], is_complete=False))
    assert same.elsewhere == []
    kept = replace(begun, left_out="north", learned_sources=["south"])
    assert kept.elsewhere == [], "its beginning saw what was left out"


def test_a_model_without_a_source_stands_first_in_the_card(written: Path) -> None:
    sibling = replace(recorded(written), left_out="north", learned_sources=["north", "south"])
    assert [one.source for one in sibling.elsewhere] == ["north"]
    text = elsewhere.elsewhere_section([sibling])
    assert text.index("One source is left out") < text.index("Figures of")
    assert "| north | brixia |" in text


def test_a_record_comes_back_as_it_was(written: Path, tmp_path: Path) -> None:
    found = recorded(written)
    save_evaluations(tmp_path / "again.json", [found, found])
    assert load_evaluations(tmp_path / "again.json") == [found, found]
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"other\.json"):
        load_evaluations(tmp_path / "other.json")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "."], "either --run or --model"),
        (["--model", str(BUNDLED)], "Missing option '--data'"),
        (["--data", ".", "--model", str(BUNDLED), "--run", "."], "either --run or --model"),
    ],
)
def test_wrong_usage_is_complete(options: list[str], message: str) -> None:
    done = evaluate(*options)
    assert done.exit_code == 2
    assert message in done.output


def test_a_card_without_marks_is_refused_before_films_are_graded(
    films: Path, tmp_path: Path
) -> None:
    card = tmp_path / "card.md"
    card.write_text("# mine\n")
    done = evaluate(
        "--data", str(films), "--model", str(BUNDLED), "--card", str(card),
        "--report", str(tmp_path / "out"),
    )  # fmt: skip
    assert done.exit_code == 1
    assert "elsewhere:begin" in done.output
    assert not (tmp_path / "out").exists()
