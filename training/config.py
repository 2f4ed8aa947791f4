"""Every choice of a training run in one typed model, saved as YAML beside the run."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from radiograde.training.errors import ConfigError

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    former_names: ClassVar[Mapping[str, str]] = {}
    """Keys of earlier versions, which are still read, and what they are called now."""


class NetworkConfig(_Section):
    """The network: which encoder, and how large a picture it is given in one pass."""

    former_names = {"look_size": "pass_size"}

    encoder: str = "efficientnet_lite0"
    input_size: int = Field(512, ge=32, description="side of the square film, pixels")
    pass_size: int = Field(
        256, ge=64, multiple_of=32, description="side of what the encoder is given, pixels"
    )
    width: int = Field(64, ge=1, description="channels of the decoder")
    margin: Share = Field(0.08, description="border around the lungs' box, share of its side")
    grading_margins: tuple[float, ...] = Field(
        (0.0, 0.2), description="the same for the passes that are averaged into a grading"
    )


class AugmentConfig(_Section):
    """How far a film may be changed and stay a plausible film."""

    mirror: Share = Field(0.5, description="probability; zones are swapped with the picture")
    rotate: Amount = Field(10.0, description="degrees, either way")
    zoom: Amount = Field(0.12, description="share of the box, either way, each axis on its own")
    shift: Amount = Field(0.08, description="share of the box, either way")
    gamma: Amount = Field(0.45, description="largest log-gamma")
    contrast: Amount = Field(0.2, description="largest relative change")
    noise: Amount = Field(0.04, description="largest standard deviation of the grain")
    tone: Amount = Field(0.25, description="how far a random tone curve leaves the straight line")
    local_contrast: float = Field(
        0.6,
        ge=0,
        le=1,
        description="largest gain of detail over a blur of any radius, less as well as more",
    )
    blur: Share = Field(0.2, description="probability of a soft film")
    downscale: Share = Field(0.2, description="probability of a film scaled down and up again")
    jpeg: Share = Field(0.15, description="probability of lossy compression")
    border: Share = Field(0.1, description="probability of a black or white border")
    painted: float = Field(
        0.25,
        ge=0,
        le=1,
        description="probability of opacities painted into a clear film with lung masks",
    )
    marker: Share = Field(0.3, description="probability of a letter-like bright or dark patch")
    whole_film: Share = Field(0.25, description="share of samples that show the whole film")


class StageConfig(_Section):
    """One stage of training: how long, how fast, and how many films an epoch shows."""

    former_names = {"taught": "pseudo_labelled", "normal": "clear"}

    epochs: int = Field(ge=1)
    rate: float = Field(gt=0, description="peak learning rate of the encoder")
    head_rate: float = Field(3.0, gt=0, description="of the rest, as a multiple of the encoder's")
    frozen_blocks: Count = Field(0, description="first blocks of the encoder that stay as they are")
    a_source: Count = Field(
        500, description="graded films of one source shown in an epoch, at most"
    )
    boxed: Count = Field(0, description="films with boxes drawn for an epoch")
    clear: Count = Field(0, description="films read as clear drawn for an epoch, from all sources")
    masked: Count = Field(0, description="ungraded films with masks drawn for an epoch")
    unlabelled: Count = Field(0, description="other films without severity drawn for an epoch")
    pseudo_labelled: Count = Field(0, description="the same in a run with a teacher")
    brixia_repeats: Count = Field(1, description="times a film with Brixia scores is shown")


class LossConfig(_Section):
    """Weights of the terms."""

    former_names = {"bridge": "imputed_brixia", "normal": "clear", "taught": "pseudo_labels"}

    lungs: Amount = 2.5
    zones: Amount = 1.0
    brixia: Amount = Field(1.0, description="of lungs and the whole film on Brixia")
    extent: Amount = 0.8
    opacity: Amount = 0.8
    extent6: Amount = 0.3
    other_scales: Amount = 0.3
    imputed_brixia: Amount = 0.3
    clear: Amount = 1.0
    boxes: Amount = 0.5
    opacity_masks: Amount = 1.0
    pneumonia: Amount = 0.4
    pseudo_labels: Amount = 0.3
    findings: Amount = 0.2
    deviations: Amount = 0.1
    readers: Amount = Field(1.0, description="of the pull that keeps readers near the consensus")


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
    out_of_scope: Path | None = Field(
        None, description="folder of pictures that the input check learns to turn away"
    )
    init: Path | None = Field(
        None, description="finished run or exported file whose weights the network begins with"
    )
    teacher: Path | None = Field(
        None, description="finished run whose networks grade the films that no reader graded"
    )
    folds: int = Field(5, ge=2)
    members: int = Field(1, ge=1, description="networks that are averaged into one model")
    batch_size: int = Field(16, ge=1)
    weight_decay: float = Field(0.02, ge=0)
    ema: Amount = Field(0.98, lt=1, description="decay of the averaged weights, a step")
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
        if self.network.input_size < self.network.pass_size:
            raise ValueError("network: input_size cannot be smaller than pass_size")
        return self

    def save(self, path: Path) -> None:
        """Write the configuration as YAML."""
        path.write_text(yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the configuration in a YAML file; what it leaves out, at any depth, is as ever.

        Raises:
            ConfigError: no such file, no YAML, or a key or value that does not exist.
        """
        try:
            raw = yaml.safe_load(path.read_text()) or {}
        except (OSError, yaml.YAMLError) as error:
            raise ConfigError(f"{path} cannot be used: {error}") from error
        if not isinstance(raw, dict):
            raise ConfigError(f"{path} cannot be used: it holds no choices by name.")
        try:
            return cls.model_validate(_merged(cls().model_dump(), raw, cls))
        except ValidationError as error:
            wrong = "; ".join(_in_words(one) for one in error.errors())
            raise ConfigError(f"{path} cannot be used: {wrong}.") from error

    def as_begun(self, begun: Self | None) -> Self:
        """Return this configuration for a run that was begun with another one.

        A run goes on at any number of threads, and remembers the folders that it was given.

        Raises:
            ConfigError: another choice differs.
        """
        if begun is None:
            return self
        kept = {name: getattr(self, name) or getattr(begun, name) for name in REMEMBERED}
        config = self.model_copy(update=kept)
        differing = [
            name
            for name in type(self).model_fields
            if name not in OF_THE_MACHINE and getattr(config, name) != getattr(begun, name)
        ]
        if differing:
            raise ConfigError(
                f"The run was begun with another configuration: {', '.join(differing)}. "
                "Choose another --out."
            )
        return config


OF_THE_MACHINE = ("device", "threads", "jobs")
"""Choices that change how fast a run is, and not what it learns."""

REMEMBERED = ("out_of_scope", "teacher", "init")
"""Choices that a run keeps where they are not given again."""


def _merged(
    defaults: Mapping[str, Any], raw: Mapping[str, Any], section: type[BaseModel]
) -> dict[str, Any]:
    """Return the defaults with what is given in their place, section by section."""
    former: Mapping[str, str] = getattr(section, "former_names", {})
    named = {former.get(key, key): value for key, value in raw.items()}
    if len(named) < len(raw):
        # Of two names for one choice neither wins in silence: the former one is refused.
        named = dict(raw)
    for name, value in named.items():
        field = section.model_fields.get(name)
        inner = field.annotation if field else None
        if isinstance(value, dict) and isinstance(inner, type) and issubclass(inner, BaseModel):
            named[name] = _merged(defaults[name], value, inner)
    return {**defaults, **named}


def _in_words(error: ErrorDetails) -> str:
    """Return what is wrong with a value, and where; of an unknown key what may have been meant."""
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = [name for section in _SECTIONS for name in section.model_fields]
        near = get_close_matches(str(error["loc"][-1]), known, 1)
        return f"{place}: no such choice" + (f", {near[0]} perhaps" if near else "")
    given = error["input"]
    shown = f" is {given}" if isinstance(given, str | int | float) else ""
    return f"{place}{shown}: {error['msg'][:1].lower()}{error['msg'][1:]}".removeprefix(": ")


_SECTIONS: tuple[type[BaseModel], ...] = (
    *(TrainConfig, NetworkConfig, AugmentConfig, StageConfig, LossConfig),
)
