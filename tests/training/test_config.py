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


def test_a_section_that_is_given_in_part_keeps_the_rest(tmp_path: Path) -> None:
    """Findings of the audit: ``finetune: {epochs: 10}`` dropped pools and repeats in silence."""
    text = "finetune: {epochs: 3}\nnetwork: {width: 32}\naugment_pseudo_labelled: {rotate: 1}\n"
    config, usual = loaded(tmp_path, text), TrainConfig()
    assert config.finetune == usual.finetune.model_copy(update={"epochs": 3})
    assert config.network == usual.network.model_copy(update={"width": 32})
    assert config.augment_pseudo_labelled.marker == 0.7
    assert config.pretrain == usual.pretrain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("finetune: {epoch: 3}", "finetune.epoch: no such choice, epochs perhaps"),
        ("netwerk: {width: 3}", "netwerk: no such choice, network perhaps"),
        ("batch_size: 0", "batch_size is 0: input should be greater than or equal to 1"),
        ("pretrain: {epochs: -1}", "pretrain.epochs is -1: input should be greater"),
        ("network: {pass_size: 80}", "network.pass_size is 80: input should be a multiple of 32"),
        ("network: {input_size: 128}", "input_size cannot be smaller than pass_size"),
        ("augment: {blur: 1.5}", "augment.blur is 1.5: input should be less than or equal to 1"),
        ("loss: {zones: -1}", "loss.zones is -1"),
        ("folds: 1", "folds is 1"),
        ("- 3", "no choices by name"),
    ],
)
def test_what_cannot_be_used_is_said_in_words_and_by_its_place(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_run_goes_on_at_any_number_of_threads_and_keeps_its_folders() -> None:
    begun = TrainConfig(threads=4, jobs=2, out_of_scope=Path("others"))
    config = TrainConfig(threads=1, device="cpu").as_begun(begun)
    assert (config.threads, config.jobs, config.device) == (1, None, "cpu")
    assert config.out_of_scope == Path("others")
    assert TrainConfig().as_begun(None) == TrainConfig()


def test_another_recipe_is_another_run() -> None:
    with pytest.raises(ConfigError, match="seed, ema"):
        TrainConfig(seed=1, ema=0.5).as_begun(TrainConfig())
