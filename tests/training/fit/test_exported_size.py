"""What is too large to be exported is said before hours are spent on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiograde.data.errors import ManifestError
from radiograde.model.scoring.scorer import BUNDLED
from radiograde.training.config import NetworkConfig, TrainConfig
from radiograde.training.fit import pipeline
from radiograde.training.fit.pipeline import exported_megabytes, train
from radiograde.training.run_paths import RunPaths


def test_the_size_is_told_from_the_configuration() -> None:
    one = exported_megabytes(TrainConfig())
    assert one == pytest.approx(BUNDLED.stat().st_size / 1e6, rel=0.15)
    assert exported_megabytes(TrainConfig(members=2)) == pytest.approx(2 * one)


@pytest.mark.parametrize(("most", "is_said"), [(25.0, False), (1.0, True)])
def test_it_is_said_before_a_film_is_decoded(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    most: float,
    is_said: bool,
) -> None:
    monkeypatch.setattr(pipeline, "LARGEST_MB", most)
    (tmp_path / "labels.csv").write_text("image,patient\nmissing.png,P1\n")
    config = TrainConfig(network=NetworkConfig(width=16), device="cpu", threads=1)
    with pytest.raises(ManifestError):
        train(RunPaths.of(tmp_path, tmp_path / "run"), config)
    said = capsys.readouterr().err
    assert ("export writes no more than 1" in said) is is_said
