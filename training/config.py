"""Every choice of a training run in one typed model, saved as YAML beside the run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from radiograde.training.errors import ConfigError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    former_names: ClassVar[Mapping[str, str]] = {}
    """Keys of earlier versions, which are still read, and what they are called now."""

    @model_validator(mode="before")
    @classmethod
    def _read_former_names(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        renamed = {cls.former_names.get(key, key): value for key, value in raw.items()}
        # Where both names are given, neither is dropped in silence: the former one is refused.
        return renamed if len(renamed) == len(raw) else raw


class NetworkConfig(_Section):
    """The network: which encoder, and how large a picture it is given in one pass."""

    former_names = {"look_size": "pass_size"}

    encoder: str = "efficientnet_lite0"
    input_size: int = Field(512, description="side of the square film, pixels")
    pass_size: int = Field(256, description="side of what the encoder is given, pixels")
    width: int = Field(64, description="channels of the decoder")
    margin: float = Field(0.08, description="border around the lungs' box, share of its side")
    grading_margins: tuple[float, ...] = Field(
        (0.0, 0.2), description="the same for the passes that are averaged into a grading"
    )


class AugmentConfig(_Section):
    """How far a film may be changed and stay a plausible film."""

    mirror: float = Field(0.5, description="probability; zones are swapped with the picture")
    rotate: float = Field(10.0, description="degrees, either way")
    zoom: float = Field(0.12, description="share of the box, either way, each axis on its own")
    shift: float = Field(0.08, description="share of the box, either way")
    gamma: float = Field(0.45, description="largest log-gamma")
    contrast: float = Field(0.2, description="largest relative change")
    noise: float = Field(0.04, description="largest standard deviation of the grain")
    tone: float = Field(0.25, description="how far a random tone curve leaves the straight line")
    local_contrast: float = Field(
        0.6, description="largest gain of detail over a blur of any radius, less as well as more"
    )
    blur: float = Field(0.2, description="probability of a soft film")
    downscale: float = Field(0.2, description="probability of a film scaled down and up again")
    jpeg: float = Field(0.15, description="probability of lossy compression")
    border: float = Field(0.1, description="probability of a black or white border")
    painted: float = Field(
        0.25, description="probability of opacities painted into a clear film with lung masks"
    )
    marker: float = Field(0.3, description="probability of a letter-like bright or dark patch")
    whole_film: float = Field(0.25, description="share of samples that show the whole film")


class StageConfig(_Section):
    """One stage of training: how long, how fast, and how many films an epoch shows."""

    former_names = {"taught": "pseudo_labelled", "normal": "clear"}

    epochs: int
    rate: float = Field(description="peak learning rate of the encoder")
    head_rate: float = Field(3.0, description="of the rest, as a multiple of the encoder's")
    frozen_blocks: int = Field(0, description="first blocks of the encoder that stay as they are")
    a_source: int = Field(500, description="graded films of one source shown in an epoch, at most")
    boxed: int = Field(0, description="films with boxes drawn for an epoch")
    clear: int = Field(0, description="films read as clear drawn for an epoch, from all sources")
    masked: int = Field(0, description="ungraded films with masks drawn for an epoch")
    unlabelled: int = Field(0, description="other films without severity drawn for an epoch")
    pseudo_labelled: int = Field(0, description="the same in a run with a teacher")
    brixia_repeats: int = Field(1, description="times a film with Brixia scores is shown")


class LossConfig(_Section):
    """Weights of the terms."""

    former_names = {"bridge": "imputed_brixia", "normal": "clear", "taught": "pseudo_labels"}

    lungs: float = 2.5
    zones: float = 1.0
    brixia: float = Field(1.0, description="of lungs and the whole film on Brixia")
    extent: float = 0.8
    opacity: float = 0.8
    extent6: float = 0.3
    other_scales: float = 0.3
    imputed_brixia: float = 0.3
    clear: float = 1.0
    boxes: float = 0.5
    opacity_masks: float = 1.0
    pneumonia: float = 0.2
    pseudo_labels: float = 0.3
    findings: float = 0.2
    deviations: float = 0.1
    readers: float = Field(1.0, description="of the pull that keeps readers near the consensus")


class TrainConfig(_Section):
    """A whole run: domain pretraining, a fine-tune a fold, and the shipped model."""

    former_names = {"augment_taught": "augment_pseudo_labelled"}

    seed: int = 20200601
    network: NetworkConfig = NetworkConfig()
    augment: AugmentConfig = AugmentConfig()
    augment_pseudo_labelled: AugmentConfig = Field(
        AugmentConfig(
            rotate=15.0,
            zoom=0.18,
            shift=0.12,
            gamma=0.7,
            contrast=0.45,
            noise=0.08,
            blur=0.5,
            marker=0.7,
        ),
        description="of films with pseudo-labels, whose teacher graded them unchanged",
    )
    loss: LossConfig = LossConfig()
    pretrain: StageConfig = StageConfig(
        epochs=6, rate=6e-4, boxed=900, clear=600, masked=500, unlabelled=400
    )
    finetune: StageConfig = StageConfig(
        epochs=22,
        rate=5e-4,
        frozen_blocks=4,
        boxed=400,
        clear=300,
        masked=150,
        unlabelled=60,
        pseudo_labelled=150,
        brixia_repeats=2,
    )
    teacher: Path | None = Field(
        None, description="finished run whose networks grade the films that no reader graded"
    )
    folds: int = 5
    members: int = Field(1, ge=1, description="networks that are averaged into one model")
    batch_size: int = 16
    weight_decay: float = 0.02
    ema: float = Field(0.98, description="decay of the averaged weights, a step")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int | None = Field(None, ge=1, description="CPU threads in all; None: all cores")
    jobs: int | None = Field(
        None, ge=1, description="fine-tunes in parallel on a CPU; None: one a thread"
    )

    @model_validator(mode="after")
    def _a_pass_for_every_member(self) -> Self:
        passes = len(self.network.grading_margins)
        if not passes or self.members > passes:
            raise ValueError(f"members: {self.members} networks cannot share {passes} passes")
        return self

    def save(self, path: Path) -> None:
        """Write the configuration as YAML."""
        path.write_text(yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the configuration in a YAML file; keys left out keep their defaults.

        Raises:
            ConfigError: no such file, no YAML, or a key or value that does not exist.
        """
        try:
            return cls.model_validate(yaml.safe_load(path.read_text()) or {})
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise ConfigError(f"{path} cannot be used: {error}") from error
