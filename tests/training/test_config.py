from pathlib import Path

import pytest

from radiograde.training.config import TrainConfig
from radiograde.training.errors import ConfigError

FORMER = """
network: {look_size: 192}
augment_taught: {rotate: 11}
loss: {bridge: 0.7, normal: 0.2, taught: 0.9}
finetune: {epochs: 3, rate: 1.0e-4, taught: 40, normal: 30}
"""

CURRENT = """
network: {pass_size: 192}
augment_pseudo_labelled: {rotate: 11}
loss: {imputed_brixia: 0.7, clear: 0.2, pseudo_labels: 0.9}
finetune: {epochs: 3, rate: 1.0e-4, pseudo_labelled: 40, clear: 30}
"""


def loaded(folder: Path, text: str) -> TrainConfig:
    path = folder / "config.yaml"
    path.write_text(text)
    return TrainConfig.load(path)


def test_keys_of_earlier_versions_are_still_read(tmp_path: Path) -> None:
    former, current = loaded(tmp_path, FORMER), loaded(tmp_path, CURRENT)
    assert former == current
    assert former.network.pass_size == 192
    assert former.augment_pseudo_labelled.rotate == 11
    assert (former.loss.imputed_brixia, former.loss.clear) == (0.7, 0.2)
    assert former.loss.pseudo_labels == 0.9
    assert (former.finetune.pseudo_labelled, former.finetune.clear) == (40, 30)


def test_a_choice_comes_back_from_its_file_by_its_name_of_today(tmp_path: Path) -> None:
    config = loaded(tmp_path, FORMER)
    config.save(tmp_path / "saved.yaml")
    assert TrainConfig.load(tmp_path / "saved.yaml") == config
    text = (tmp_path / "saved.yaml").read_text()
    assert "pseudo_labelled: 40" in text
    assert "taught" not in text


@pytest.mark.parametrize(
    "text", ["loss: {bridge: 0.7, imputed_brixia: 0.6}", "network: {look_size: 1, pass_size: 2}"]
)
def test_of_two_names_for_one_choice_neither_wins_in_silence(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        loaded(tmp_path, text)
