from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from radiograde.data.film import Film
from radiograde.model.scoring.scales import BRIXIA
from radiograde.model.scoring.scope import CLASSES
from radiograde.training.config import TrainConfig
from radiograde.training.errors import ConfigError
from radiograde.training.evaluation import evaluate, readme
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import References
from radiograde.training.evaluation.tables import show
from radiograde.training.input_check.held_out import Trial
from radiograde.training.release import model_card as card
from radiograde.training.release.model_metadata import metadata
from tests.training.samples import film, predictions, random_zones, study, whole

COUNT = 30
Zones = NDArray[np.float32]


@pytest.fixture
def grades() -> Zones:
    return random_zones(COUNT)


def assessed(films: list[Film], found: Predictions) -> dict[str, Any]:
    return evaluate.assess(study(films), References.of(films), found)


def test_readers_peers_and_ourselves_stand_side_by_side(grades: Zones) -> None:
    films = [
        film(
            n,
            brixia={"S": whole(zones), "J": whole(zones[::-1])},
            peers={"bsnet_brixia": float(zones.sum()) + 1} if n % 2 else {},
        )
        for n, zones in enumerate(grades)
    ]
    found = assessed(films, predictions(grades))
    rows = {(row["reference"], row["grader"]): row["agreement"] for row in found["agreement"]}
    assert rows["Brixia, readers' mean", "Radiograde"]["mae"] == pytest.approx(0.0)
    assert rows["Brixia, readers' mean", "BS-Net"]["bias"] == pytest.approx(1.0)
    ours = rows["Brixia, readers' mean", "Radiograde, films of BS-Net"]
    assert ours["films"] == rows["Brixia, readers' mean", "BS-Net"]["films"] == COUNT // 2
    assert found["zone_kappa"]["Radiograde, reader S"] == pytest.approx(1.0)
    assert found["zone_kappa"]["reader S, reader J"] < 0.9
    mean = (grades + grades[:, ::-1]) / 2
    assert found["zone_mae"] == pytest.approx(float(np.abs(grades - mean).mean()))


def test_one_reader_and_one_scale_are_enough(grades: Zones) -> None:
    films = [film(n, brixia={"S": whole(zones)}) for n, zones in enumerate(grades)]
    found = assessed(films, predictions(grades))
    assert found["agreement"][0]["agreement"]["films"] == COUNT
    assert found["coverage"]["brixia"]["share"] == pytest.approx(1.0)
    assert found["coverage"]["opacity"] == {"share": None, "median_width": None}
    assert found["intervals"]["opacity"] == [8.0, 0.0, 0.0]
    assert list(found["zone_kappa"]) == ["Radiograde, reader S"]
    assert "not measured" in shown_and_carded(found)


def test_without_brixia_there_is_an_evaluation_too(grades: Zones) -> None:
    films = [film(n, geographic_extent=float(z.sum() * 8 / 18)) for n, z in enumerate(grades)]
    found = assessed(films, predictions(grades))
    assert [row["reference"] for row in found["agreement"]] == ["extent"]
    assert found["coverage"]["geographic_extent"]["share"] == pytest.approx(1.0)
    assert found["coverage"]["brixia"]["share"] is None
    assert found["zone_kappa"] == {}
    assert found["subgroups"] == []
    assert found["change"] == {"pairs": 0}
    assert "not measured" in shown_and_carded(found)


def shown_and_carded(found: dict[str, Any]) -> str:
    """Return the evaluation as a terminal shows it; the card bears it too."""
    found |= {
        "manifest": "d" * 64,
        "run": {"seconds": {"final": 60}, "minutes": 1.0, "threads": 2, "device": "cpu"},
        "gate": {"threshold": 0.5, "films": 30, "films_rejected": 0.0, "kinds": [], "auc": 1.0},
        "robustness": [],
    }
    console = Console(record=True, width=120)
    show(found, console)
    facts = metadata(TrainConfig(), found, "mine", "CC0", (0.3, 0.7))
    plain = card.model_card(facts, found, 1e-6, 12.0)
    assert "not measured" in plain
    assert "self-training" not in plain
    taught = found | {"run": found["run"] | {"teacher_minutes": 5.0}}
    of_student = card.model_card(facts, taught, 1e-6, 12.0)
    assert "self-training" in of_student
    assert "in 6 minutes (5 of them its teacher's) on 2 CPU cores" in of_student
    return console.export_text()


def test_intervals_are_wider_where_looks_disagree_and_cover_other_folds() -> None:
    rng = np.random.default_rng(3)
    count = 600
    truth = random_zones(count)
    doubt = rng.uniform(0, 1, count).astype(np.float32)
    noise = rng.normal(size=(count, 6)) * (0.05 + doubt[:, None])
    zones = np.clip(truth + noise, 0, 3).astype(np.float32)
    spread = np.repeat(doubt[:, None], 9, 1)
    films = [film(n, brixia={"S": whole(z)}) for n, z in enumerate(truth)]
    found = assessed(films, predictions(zones, spread=spread))
    assert found["intervals"]["level"] == 0.9
    for name in ("zones", "brixia"):
        assert found["coverage"][name]["share"] == pytest.approx(0.9, abs=0.03)
        assert found["intervals"][name][1] > 0.5, "the rule follows the looks"
    assert 0 < found["coverage"]["zones"]["median_width"] < 3


def test_clear_films_are_counted_by_source_and_by_who_was_told(grades: Zones) -> None:
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
    found = assessed(films, predictions(grades[:7]))["clear"]
    total = grades.sum(1)
    assert [(kind["source"], kind["finding"], kind["unseen"], kind["films"]) for kind in found] == [
        ("not named", "no finding", False, 1),
        ("jsrt", "Nodule", True, 1),
        ("rsna", "No Finding", False, 2),
    ]
    assert found[2]["mean_brixia"] == pytest.approx(total[:2].mean())
    assert found[2]["p95_brixia"] == pytest.approx(np.percentile(total[:2], 95))


def test_lungs_are_measured_where_no_training_saw_the_patient(grades: Zones) -> None:
    films = [film(n, brixia={"S": (1,) * 6} if n < 20 else {}) for n in range(COUNT)]
    dice = np.linspace(0.5, 1.0, COUNT, dtype=np.float32)
    dice[:5] = np.nan
    found = assessed(films, predictions(grades, dice=dice))["lung_dice"]
    assert found == {"films": 15, "mean": pytest.approx(float(dice[5:20].mean()))}


def test_the_gate_is_set_on_frontal_films_alone(grades: Zones) -> None:
    films = [film(n, view="L" if n < 10 else "PA") for n in range(COUNT)]
    scope = np.zeros((COUNT, len(CLASSES)), np.float32)
    scope[10:, 0] = 0.9
    trial = Trial(np.array([0.2]), np.array(["limb"]))
    found = evaluate._gate(study(films), predictions(grades, scope=scope), trial)
    assert (found["films"], found["threshold"], found["films_rejected"]) == (20, 0.5, 0.0)
    assert found["auc"] == 1.0


def test_films_that_any_model_was_told_of_as_clear_calibrate_none() -> None:
    clear = {"finding": ("No Finding",)}
    films = [
        film(0, **clear, lung_mask=Path("mask.png")),
        film(1, **clear),
        film(2, finding=("Pneumonia",), lung_mask=Path("mask.png")),
        film(3, **clear, lung_mask=Path("mask.png"), view="L"),
    ]
    np.testing.assert_array_equal(evaluate._surely_clear(study(films)), [True, False, False, False])


def test_what_is_graded_comes_back_from_a_file(grades: Zones, tmp_path: Path) -> None:
    found = predictions(grades)
    found.save(tmp_path / "found.npz")
    loaded = Predictions.load(tmp_path / "found.npz")
    for name in ("zones", "extent", "opacity", "spread", "scope", "dice", "lung_share"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(found, name))
    np.testing.assert_array_equal(loaded.brixia, grades.sum(1))
    assert loaded.brixia.max() <= BRIXIA.high


def test_a_readme_without_marks_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("# mine\n")
    with pytest.raises(ConfigError, match="metrics:begin"):
        readme.fill_readme(path, {})
    assert path.read_text() == "# mine\n"
