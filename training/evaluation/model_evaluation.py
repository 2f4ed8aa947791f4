"""What a model file reached on films, as it is kept beside the model and read again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from radiograde.model.scoring.result import ModelFacts
from radiograde.training.errors import ConfigError
from radiograde.training.evaluation.begun_with import Beginning
from radiograde.training.evaluation.figures.source_figures import SourceFigures
from radiograde.training.evaluation.film_figures import FilmFigures


@dataclass(frozen=True, slots=True)
class ModelEvaluation:
    """What one model file reached on films.

    ``level``: share of films that its intervals promise to hold. ``manifest``: sha256 of the
    films' manifest, or of several. ``trained_on``: of the manifest that the model learned from.
    ``learned_sources``: sources whose films it learned from, as far as the file says. ``left_out``:
    the sources that were kept from this model so that it could be measured there; such a model is a
    sibling of the one that ships. ``began_with``: whose weights it began with, None for ImageNet's.
    """

    model: ModelFacts
    level: float
    manifest: str
    trained_on: str
    learned_sources: Sequence[str]
    figures: FilmFigures
    left_out: str = ""
    began_with: Beginning | None = None

    @property
    def elsewhere(self) -> list[SourceFigures]:
        """The figures of sources that the model never saw, nor the one that it began with."""
        before = self.began_with or Beginning("", [], [], is_complete=True)
        seen = [*before.manifests, *([] if self.left_out else [self.trained_on])]
        if self.manifest in seen:
            return []
        known = set(self.learned_sources) - set(self.left_out.split(", ")) | set(before.sources)
        return [one for one in self.figures.sources if one.source not in known]

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation as types that JSON knows, numbers with four digits."""
        plain: dict[str, Any] = _rounded(_ONE.dump_python(self, mode="json", by_alias=True))
        return plain

    def rounded(self) -> ModelEvaluation:
        """Return the evaluation as it comes back from its JSON, so that both are worded alike."""
        return _ONE.validate_python(self.to_json())


_ONE = TypeAdapter(ModelEvaluation)
_ALL = TypeAdapter(list[ModelEvaluation])


def save_evaluations(path: Path, evaluations: Sequence[ModelEvaluation]) -> None:
    """Write evaluations as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = [evaluation.to_json() for evaluation in evaluations]
    path.write_text(json.dumps(plain, indent=1, allow_nan=False) + "\n")


def load_evaluations(path: Path) -> list[ModelEvaluation]:
    """Return what ``save_evaluations`` wrote.

    Raises:
        ConfigError: the file is not one.
    """
    try:
        return _ALL.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigError(
            f"{path} holds no evaluation that `radiograde evaluate` wrote."
        ) from error


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
