from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from radiograde.data.film import Film
from radiograde.model.scoring.input_check import CLASSES
from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.evaluation import evaluate
from radiograde.training.evaluation.evaluation_result import EvaluationMetrics, LungDice
from radiograde.training.evaluation.intervals import Coverage
from radiograde.training.evaluation.metrics import UnmeasuredChange
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from radiograde.training.evaluation.tables import show
from radiograde.training.input_check.held_out import HeldOutPictures
from radiograde.training.release.model_card import ExportedFile, model_card
from radiograde.training.release.model_metadata import GraphFacts, model_metadata
from tests.training.samples import (
    NO_PICTURES,
    RUN_FACTS,
    film,
    film_dataset,
    predictions,
    random_zones,
    whole,
)

COUNT = 30
Zones = NDArray[np.float32]


@pytest.fixture
def grades() -> Zones:
    return random_zones(COUNT)


def assessed(
    films: list[Film], graded: Predictions, pictures: HeldOutPictures = NO_PICTURES
) -> EvaluationMetrics:
    standard = ReferenceStandard.of(films)
    return evaluate.assess(film_dataset(films), standard, graded, pictures, [], RUN_FACTS)


def test_readers_comparators_and_ourselves_stand_in_one_table(grades: Zones) -> None:
    films = [
        film(
            n,
            brixia={"S": whole(zones), "J": whole(zones[::-1])},
            peers={"bsnet_brixia": float(zones.sum()) + 1} if n % 2 else {},
        )
        for n, zones in enumerate(grades)
    ]
    found = assessed(films, predictions(grades))
    rows = {(row.reference, row.grader): row.agreement for row in found.agreement}
    assert rows["Brixia, readers' mean", "Radiograde"].mae == pytest.approx(0.0)
    assert rows["Brixia, readers' mean", "BS-Net"].bias == pytest.approx(1.0)
    ours = rows["Brixia, readers' mean", "Radiograde, films of BS-Net"]
    assert ours.films == rows["Brixia, readers' mean", "BS-Net"].films == COUNT // 2
    assert found.zone_kappa["Radiograde, reader S"] == pytest.approx(1.0)
    assert (found.zone_kappa["reader S, reader J"] or 1.0) < 0.9
    mean = (grades + grades[:, ::-1]) / 2
    assert found.zone_mae == pytest.approx(float(np.abs(grades - mean).mean()))


def test_one_reader_and_one_scale_are_enough(grades: Zones) -> None:
    films = [film(n, brixia={"S": whole(zones)}) for n, zones in enumerate(grades)]
    found = assessed(films, predictions(grades))
    assert found.agreement[0].agreement.films == COUNT
    assert found.coverage["brixia"].share == pytest.approx(1.0)
    assert found.coverage["opacity"] == Coverage(None, None)
    assert found.intervals.opacity == (8.0, 0.0, 0.0)
    assert list(found.zone_kappa) == ["Radiograde, reader S"]
    assert "not measured" in shown_and_carded(found)


def test_without_brixia_there_is_an_evaluation_too(grades: Zones) -> None:
    films = [film(n, geographic_extent=float(z.sum() * 8 / 18)) for n, z in enumerate(grades)]
    found = assessed(films, predictions(grades))
    assert [row.reference for row in found.agreement] == ["extent"]
    assert found.coverage["geographic_extent"].share == pytest.approx(1.0)
    assert found.coverage["brixia"].share is None
    assert found.zone_kappa == {}
    assert found.subgroups == []
    assert found.change == UnmeasuredChange(0)
    assert "not measured" in shown_and_carded(found)


def shown_and_carded(found: EvaluationMetrics) -> str:
    """Return the evaluation as a terminal shows it; the card bears it too."""
    console = Console(record=True, width=120)
    show(found, console)
    metadata = model_metadata(found, GraphFacts("mine", "CC0", 512, (0.3, 0.7)))
    released = ModelMetadata.parse(json.dumps(metadata))
    file = ExportedFile(released, {"CPUExecutionProvider": 1e-6}, 12_000_000)
    plain = model_card(file, found)
    assert "12.0 MB" in plain
    assert "largest difference 1.0e-06 (CPU)" in plain
    assert "Not measured yet" in plain.split("## At hospitals that it never saw")[1]
    assert "not measured" in plain
    assert "self-training" not in plain
    taught = replace(found, run=replace(RUN_FACTS, teacher_minutes=5.0))
    of_student = model_card(file, taught)
    assert "self-training" in of_student
    assert "in 6 minutes (5 of them its teacher's) on 2 CPU cores" in of_student
    return console.export_text()


def test_intervals_are_wider_where_passes_disagree_and_cover_other_folds() -> None:
    rng = np.random.default_rng(3)
    count = 600
    truth = random_zones(count)
    doubt = rng.uniform(0, 1, count).astype(np.float32)
    noise = rng.normal(size=(count, 6)) * (0.05 + doubt[:, None])
    zones = np.clip(truth + noise, 0, 3).astype(np.float32)
    spread = np.repeat(doubt[:, None], 9, 1)
    films = [film(n, brixia={"S": whole(z)}) for n, z in enumerate(truth)]
    found = assessed(films, predictions(zones, spread=spread))
    assert found.intervals.level == 0.9
    for name in ("zones", "brixia"):
        assert found.coverage[name].share == pytest.approx(0.9, abs=0.03)
        assert getattr(found.intervals, name)[1] > 0.5, "the rule follows the passes"
    assert 0 < (found.coverage["zones"].median_width or 0.0) < 3


def test_normal_films_are_counted_by_source_and_by_who_had_their_label(grades: Zones) -> None:
    facts: list[dict[str, object]] = [
        {"source": "rsna", "finding": ("No Finding",)},
        {"source": "rsna", "finding": ("No Finding",)},
        {"source": "jsrt", "finding": ("Nodule",), "lung_mask": Path("mask.png")},
        {"finding": ("no finding",)},
        {"source": "rsna", "finding": ("No Finding", "Pneumonia")},
        {"source": "rsna", "finding": ("No Finding",), "view": "L"},
        {"source": "rsna"},
    ]
    films = [film(n, **fact) for n, fact in enumerate(facts)]
    found = assessed(films, predictions(grades[:7])).normal_films
    total = grades.sum(1)
    assert [(kind.source, kind.finding, kind.unseen, kind.films) for kind in found] == [
        ("not named", "no finding", False, 1),
        ("jsrt", "Nodule", True, 1),
        ("rsna", "No Finding", False, 2),
    ]
    assert found[2].mean_brixia == pytest.approx(total[:2].mean())
    assert found[2].p95_brixia == pytest.approx(np.percentile(total[:2], 95))


def test_lungs_are_measured_where_no_training_saw_the_patient(grades: Zones) -> None:
    films = [film(n, brixia={"S": (1,) * 6} if n < 20 else {}) for n in range(COUNT)]
    dice = np.linspace(0.5, 1.0, COUNT, dtype=np.float32)
    dice[:5] = np.nan
    found = assessed(films, predictions(grades, dice=dice)).lung_dice
    assert found == LungDice(15, found.mean, found.mean_95)
    assert found.mean_95 is not None
    assert found.mean == pytest.approx(float(dice[5:20].mean()))


def test_the_input_check_is_set_on_frontal_films_alone(grades: Zones) -> None:
    films = [film(n, view="L" if n < 10 else "PA") for n in range(COUNT)]
    scope = np.zeros((COUNT, len(CLASSES)), np.float32)
    scope[10:, 0] = 0.9
    pictures = HeldOutPictures(np.array([0.2]), np.array(["limb"]))
    found = assessed(films, predictions(grades, scope=scope), pictures).input_check
    assert (found.films, found.threshold, found.films_rejected) == (20, 0.5, 0.0)
    assert found.auc == 1.0


def test_normal_films_whose_label_every_model_had_calibrate_none() -> None:
    normal: dict[str, object] = {"read": "normal"}
    films = [
        film(0, **normal, lung_mask=Path("mask.png")),
        film(1, **normal),
        film(2, finding=("Pneumonia",), lung_mask=Path("mask.png")),
        film(3, **normal, lung_mask=Path("mask.png"), view="L"),
        film(4, **normal),
    ]
    # No pretraining sees what was read of the first fold's films.
    dataset = film_dataset(films, [0, 1, 1, 1, 0])
    np.testing.assert_array_equal(
        evaluate.surely_normal(dataset), [True, False, False, False, True]
    )


def test_what_is_graded_comes_back_from_a_file(grades: Zones, tmp_path: Path) -> None:
    graded = predictions(grades)
    graded.save(tmp_path / "graded.npz")
    loaded = Predictions.load(tmp_path / "graded.npz")
    for name in ("zones", "extent", "opacity", "spread", "scope", "dice", "lung_share"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(graded, name))
    np.testing.assert_array_equal(loaded.brixia, grades.sum(1))
    assert loaded.brixia.max() <= BRIXIA.high


def test_a_run_has_its_figures_by_source_too(grades: Zones) -> None:
    films = [
        film(n, source="near" if n % 2 else "far", brixia={"S": whole(zones)})
        for n, zones in enumerate(grades)
    ]
    moved = grades.copy()
    moved[::2] = np.clip(moved[::2] - 1, 0, 3)
    apart = np.tile(np.array([0.9, 0.8, 0.1], np.float32), (COUNT, 1))
    graded = predictions(moved, dice=np.full(COUNT, 0.85, np.float32), lungs_apart=apart)
    figures = assessed(films, graded).by_source
    assert figures is not None
    errors = {
        one.source: (one.agreement[0].mae.value, one.lungs[0].left.value) for one in figures.sources
    }
    expected = float(np.abs(moved - grades).sum(1)[::2].mean())
    assert errors == {"far": pytest.approx((expected, 0.8)), "near": pytest.approx((0.0, 0.8))}
    assert figures.sources[0].lungs[0].swapped.value == 0.0
    assert {kind.source for kind in figures.pictures} == {"near", "far"}


def test_pictures_out_of_scope_set_no_threshold(grades: Zones) -> None:
    films = [film(n, read="out of scope: ct" if n < 10 else "") for n in range(COUNT)]
    scope = np.zeros((COUNT, len(CLASSES)), np.float32)
    scope[10:, 0] = 0.9
    found = assessed(films, predictions(grades, scope=scope))
    assert (found.input_check.films, found.input_check.films_rejected) == (20, 0.0)
    assert found.by_source is not None
    away = {kind.kind: kind.turned_away.value for kind in found.by_source.pictures}
    assert away == {"frontal films of adults": 0.0, "cross-sections and ultrasound": 1.0}
