"""``data check`` and ``train`` say the same of a set of films: what passes one, the other takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from radiograde.command import main
from radiograde.data.errors import ManifestError
from radiograde.training.config import NetworkConfig, StageConfig, TrainConfig
from radiograde.training.dataset import film_cache
from radiograde.training.errors import ConfigError
from radiograde.training.fit import pipeline
from radiograde.training.run_paths import RunPaths
from tests.data.drawn import phantom, save

FILMS = 4
STAGE = StageConfig(epochs=1, rate=1e-3)
CONFIG = TrainConfig(
    network=NetworkConfig(input_size=64, pass_size=64, width=8),
    pretrain=STAGE,
    finetune=STAGE,
    device="cpu",
    threads=1,
)

Cells = Mapping[str, str]

SOUND: dict[str, Mapping[int, Cells]] = {
    "as it is": {},
    "readers of any name": {1: {"brixia_ann": "7"}, 2: {"opacity_right_bob": "2"}},
    "unknown findings and reads": {1: {"finding": "todo|SARS", "read": "unsure"}},
    "one scale of one lung": {n: {"extent": "", "extent_left_R1": "1"} for n in range(FILMS)},
    "a scale of its own": {1: {"lus": "3", "lus_max": "36"}},
    "folds, not of all films": {0: {"fold": "0"}, 1: {"fold": "1"}},
    "one fold given, the others free": {0: {"fold": "0"}},
    "all patients graded, one with a mask": {1: {"lung_mask": ""}},
    "empty lines": {},
    "masks of two files": {1: {"right_lung_mask": "right.png", "left_lung_mask": "left.png"}},
    "lateral films and children": {2: {"view": "L"}, 3: {"age": "4"}},
    "opacity masks and boxes": {1: {"ground_glass_mask": "mask.png", "boxes": "5 5 50 60"}},
    "a film that was squashed": {1: {"width_original": "300", "height_original": "200"}},
}

UNSOUND: dict[str, Mapping[int, Cells]] = {
    "no mask": {0: {"lung_mask": ""}},
    "no mask in scope": {0: {"view": "L"}},
    "no grade": {n: {"extent": ""} for n in range(FILMS)},
    "grades of one fold": {n: {"fold": "0"} for n in range(FILMS)},
    "grades of one patient": {n: {"extent": ""} for n in range(3)},
    "children alone": {n: {"read": "child"} for n in range(FILMS)},
    "no film at the path": {1: {"image": "nowhere.png"}},
    "a damaged film": {1: {"image": "cut.png"}},
    "no film at all": {1: {"image": "labels.csv"}},
    "a mask of another size": {1: {"lung_mask": "wide.png"}},
    "a mask of odd values": {1: {"lung_mask": "odd.png"}},
    "a mask that is none": {1: {"consolidation_mask": "labels.csv"}},
    "a mask of one lung": {1: {"left_lung_mask": "left.png"}},
    "an empty mask": {1: {"lung_mask": "empty.png"}},
    "lungs exchanged": {1: {"right_lung_mask": "left.png", "left_lung_mask": "right.png"}},
    "values of a mask in other words": {1: {"lung_mask": "mask.png", "mask_values": "right=1"}},
    "a box beyond the film": {1: {"boxes": "5 5 200 50"}},
    "a grade above its scale": {1: {"extent": "9"}},
    "some zones alone": {1: {"brixia_A": "2"}},
    "one patient in two folds": {0: {"fold": "0"}, 1: {"patient": "P0", "fold": "1"}},
    "no patient": {1: {"patient": ""}},
    "a view in other words": {1: {"view": "oblique"}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four films of four patients, and masks that fit them or do not."""
    for seed in range(FILMS):
        save(tmp_path / f"{seed}.png", phantom(seed).pixels)
    right, left = phantom().lungs
    for name, mask in {"mask": right | left, "right": right, "left": left}.items():
        save(tmp_path / f"{name}.png", mask)
    Image.new("L", (200, 128), 255).save(tmp_path / "wide.png")
    Image.new("L", (112, 128), 0).save(tmp_path / "empty.png")
    Image.fromarray((right + 3 * left).astype(np.uint8)).save(tmp_path / "odd.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "1.png").read_bytes()[:3000])
    return tmp_path


def write(folder: Path, changes: Mapping[int, Cells], end: str = "\n") -> None:
    rows = [{"image": f"{n}.png", "patient": f"P{n}", "extent": str(n)} for n in range(FILMS)]
    rows[0] |= {"lung_mask": "mask.png", "heart_in_mask": "yes"}
    for place, cells in changes.items():
        rows[place] |= cells
    header = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(row.get(name, "") for name in header) for row in rows]
    (folder / "labels.csv").write_text("\n".join([",".join(header), *lines]) + end)


class TakenError(Exception):
    """Training has begun."""


def is_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether training begins; it is stopped there."""

    def begin(*_: object) -> bool:
        raise TakenError

    monkeypatch.setattr(pipeline, "pretrain", begin)
    try:
        pipeline.train(RunPaths(folder, folder / "run", folder / "cache"), CONFIG)
    except TakenError:
        return True
    except ManifestError:
        return False
    raise AssertionError("training ended without beginning")


def passes(folder: Path) -> bool:
    """Return whether ``data check`` lets the set pass."""
    done = CliRunner().invoke(main, ["data", "check", str(folder), "--thorough"])
    assert done.exit_code in (0, 1), done.output
    return done.exit_code == 0


@pytest.mark.parametrize("what", SOUND)
def test_what_passes_the_check_is_taken(
    folder: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, SOUND[what], end="\n\n,,,\n\n" if what == "empty lines" else "\n")
    assert (passes(folder), is_taken(folder, monkeypatch)) == (True, True)


@pytest.mark.parametrize("what", UNSOUND)
def test_what_fails_the_check_is_refused(
    folder: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, UNSOUND[what])
    assert (passes(folder), is_taken(folder, monkeypatch)) == (False, False)


@pytest.mark.parametrize(
    "what", ["no mask", "no grade", "a mask of another size", "no film at all"]
)
def test_what_no_pixel_is_needed_for_is_said_before_any_film_is_decoded(
    folder: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_cache, "decode_film", None)
    write(folder, UNSOUND[what])
    with pytest.raises(ManifestError):
        pipeline.train(RunPaths(folder, folder / "run", folder / "cache"), CONFIG)
    assert not (folder / "cache").exists()
    assert not (folder / "run").exists(), "the folder stays free for another try"


def test_an_unknown_encoder_is_said_before_any_film_is_decoded(folder: Path) -> None:
    write(folder, {})
    network = CONFIG.network.model_copy(update={"encoder": "efficientnet_b99"})
    config = CONFIG.model_copy(update={"network": network})
    with pytest.raises(ConfigError, match="no encoder 'efficientnet_b99'"):
        pipeline.train(RunPaths(folder, folder / "run", folder / "cache"), config)
    assert not (folder / "cache").exists()


def test_a_network_too_large_to_be_exported_is_said_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, {})
    monkeypatch.setattr(pipeline, "LARGEST_MB", 1.0)
    assert is_taken(folder, monkeypatch)
    assert "export writes no more than 1" in capsys.readouterr().err
