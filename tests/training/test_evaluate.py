from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from data.film import Film
from data.manifest import Manifest
from training import card, evaluate, targets
from training.config import TrainConfig
from training.errors import ConfigError
from training.films import FilmCache
from training.pipeline import Study
from training.predict import Predictions
from training.tables import show

COUNT = 30


def study(films: list[Film]) -> Study:
    return Study(
        Manifest(tuple(films), Path("labels.csv"), "d" * 64),
        FilmCache(np.zeros((COUNT, 3, 8, 8), np.uint8), np.zeros((COUNT, 4), np.int32)),
        targets.of_films(films),
        torch.arange(COUNT) % 3,
        torch.tensor([film.has_severity for film in films]),
        torch.tensor([film.is_lateral for film in films]),
    )


def film(number: int, **facts: object) -> Film:
    return Film(image=Path(f"{number}.png"), patient=f"P{number}", **facts)  # type: ignore[arg-type]


def predictions(zones: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Predictions:
    extent = zones.sum(1) * 8 / 18
    lungs = np.full(COUNT, 0.3, np.float32)
    return Predictions(zones, extent, extent, np.full(COUNT, np.nan, np.float32), lungs)


@pytest.fixture
def grades() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(2).integers(0, 4, (COUNT, 6)).astype(np.float32)


def test_readers_peers_and_ourselves_stand_side_by_side(
    grades: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> None:
    films = [
        film(
            n,
            brixia={"S": tuple(int(v) for v in zones), "J": tuple(int(v) for v in zones[::-1])},
            peers={"bsnet_brixia": float(zones.sum()) + 1} if n % 2 else {},
        )
        for n, zones in enumerate(grades)
    ]
    found = evaluate.assess(study(films), predictions(grades))
    rows = {(row["reference"], row["grader"]): row["agreement"] for row in found["agreement"]}
    assert rows["Brixia, readers' mean", "Radiograde"]["mae"] == pytest.approx(0.0)
    assert rows["Brixia, readers' mean", "BS-Net"]["bias"] == pytest.approx(1.0)
    ours = rows["Brixia, readers' mean", "Radiograde, films of BS-Net"]
    assert ours["films"] == rows["Brixia, readers' mean", "BS-Net"]["films"] == COUNT // 2
    assert found["zone_kappa"]["Radiograde, reader S"] == pytest.approx(1.0)
    assert found["zone_kappa"]["reader S, reader J"] < 0.9


def test_one_reader_and_one_scale_are_enough(
    grades: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> None:
    films = [film(n, brixia={"S": tuple(int(v) for v in z)}) for n, z in enumerate(grades)]
    found = evaluate.assess(study(films), predictions(grades))
    assert found["agreement"][0]["agreement"]["films"] == COUNT
    assert found["coverage"]["brixia"] == pytest.approx(1.0)
    assert found["coverage"]["opacity"] is None
    assert found["intervals"]["opacity"] == 8.0
    assert list(found["zone_kappa"]) == ["Radiograde, reader S"]
    found |= {
        "manifest": "d" * 64,
        "run": {"seconds": {"final": 60}, "threads": 2, "device": "cpu"},
    }
    console = Console(record=True, width=120)
    show(found, console)
    assert "not measured" in console.export_text()
    facts = card.metadata(TrainConfig(), found, "mine", "CC0", (0.3, 0.7))
    assert "not measured" in card.model_card(facts, found, 1e-6, 12.0)


def test_a_readme_without_marks_is_left_alone(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# mine\n")
    with pytest.raises(ConfigError, match="metrics:begin"):
        card.fill_readme(readme, {})
    assert readme.read_text() == "# mine\n"
