"""From the page to the next model: films in, reviewed, exported, trained on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from fastapi.testclient import TestClient

from radiograde.command import main
from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.model.scoring.scales import ZONES
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import open_dataset
from radiograde.training.run_paths import RunPaths
from tests.service.conftest import Start
from tests.training.conftest import few_pictures, shallow, tiny  # noqa: F401 - fixtures

FILMS = 8


def film(number: int) -> bytes:
    """Return a drawn film as DICOM, unlike the others."""
    phantom = draw(PhantomSpec(rows=160, columns=144, zones={"C": float(number % 4)}, seed=number))
    buffer = io.BytesIO()
    to_dicom(phantom).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def zones(number: int) -> dict[str, int]:
    """Return a reading that no other film has."""
    return {zone: (number + place) % 4 for place, zone in enumerate(ZONES)}


def read_and_reviewed(client: TestClient) -> dict[str, dict[str, int]]:
    """Have films graded and corrected, but for one that a reader cannot grade."""
    read: dict[str, dict[str, int]] = {}
    for number in range(FILMS + 1):
        dicom = {"Content-Type": "application/dicom"}
        id = client.post("/v1/score", content=film(number), headers=dicom).json()["id"]
        if number == FILMS:
            body: dict[str, object] = {"verdict": "not_gradable"}
        else:
            read[id] = zones(number)
            body = {"verdict": "corrected", "zones": read[id]}
        assert client.post(f"/v1/results/{id}/reviews", json=body).status_code == 201
    return read


def command(*words: str | Path) -> str:
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


def test_reviews_become_the_labels_of_the_next_model(
    start: Start,
    tiny: TrainConfig,  # noqa: F811
    few_pictures: None,  # noqa: F811
    tmp_path: Path,
) -> None:
    read = read_and_reviewed(start())
    out, run, cache = tmp_path / "reviewed", tmp_path / "run", tmp_path / "cache"
    output = command("data", "reviews", "--out", out, "--data-dir", tmp_path / "data")
    assert f"{FILMS} films exported, 1 not gradable" in output
    assert f"{FILMS} films" in command("data", "check", out)
    config = tiny.model_copy(
        update={"finetune": tiny.finetune.model_copy(update={"epochs": 1, "unlabelled": 0})}
    )
    config.save(tmp_path / "tiny.yaml")
    threads = torch.get_num_threads()
    try:
        command(
            *("train", "--data", out, "--out", run, "--cache", cache),
            *("--config", tmp_path / "tiny.yaml"),
        )
    finally:
        torch.set_num_threads(threads)
    assert (run / "final" / "final.pt").exists()
    dataset = open_dataset(RunPaths(out, run, cache), config)
    learned = {
        label.image.stem: (3 * reading[0, :6]).tolist()
        for label, reading in zip(
            dataset.manifest.films, dataset.targets.of_scale("brixia"), strict=True
        )
    }
    assert learned == {id: list(map(float, expected.values())) for id, expected in read.items()}
    assert dataset.targets.has_mask.all()
    masks = dataset.cache.lungs(torch.arange(len(dataset.folds)))
    assert masks.flatten(2).any(2).all()


@pytest.mark.parametrize("word", ["reviews", "check", "split", "phantom"])
def test_the_group_holds_its_own_commands_and_this_one(word: str) -> None:
    assert f"  {word} " in command("data", "--help")
    assert "Usage" in command("data", word, "--help")
