"""Adapts a model file to a site's readers and writes it, with its card, if its films carry that."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from radiograde.data.film import Film
from radiograde.data.manifest import Manifest
from radiograde.model.scoring.scales import BRIXIA
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.adaptation.adaptation_card import adaptation_card
from radiograde.training.adaptation.graph_curves import adapted_model
from radiograde.training.adaptation.local_scale import LocalScale, adapt_scale, folds_of
from radiograde.training.adaptation.network_scores import network_scores
from radiograde.training.errors import ParityError, UnfitDataError
from radiograde.training.evaluation.served.reference_distribution import KEY as REFERENCE
from radiograde.training.tracking import Tracker

KEY = "adapted"
CHECKED = 8
"""Films on which the written graph is held against the curves."""

TOLERANCE = 5e-3
"""Half of the last digit that a result has."""


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A base model and what a site's films make of each of its scales."""

    base: Scorer
    manifest: Manifest
    scales: Mapping[str, LocalScale]

    @classmethod
    def of(cls, base: Scorer, manifest: Manifest) -> Adaptation:
        """Return what the films carry.

        Raises:
            UnfitDataError: the model is adapted already, or the films carry nothing on any scale.
        """
        if KEY in base.metadata.raw:
            raise UnfitDataError("The model file is adapted already. Adapt its base model instead.")
        intervals = base.metadata.intervals
        scales = {}
        for name, own in network_scores(base, manifest.films).items():
            folds = folds_of(own.patients, manifest.films)
            scales[name] = adapt_scale(own, getattr(intervals, name), intervals.level, folds)
        if not any(scale.is_adapted for scale in scales.values()):
            reasons = "\n".join(f"{name}: {scale.reason}." for name, scale in scales.items())
            raise UnfitDataError(f"The films do not carry an adaptation.\n{reasons}")
        return cls(base, manifest, scales)

    def metadata(self) -> dict[str, Any]:
        """Return what the adapted file says of itself."""
        raw, now = dict(self.base.metadata.raw), datetime.now(UTC)
        intervals = dict(raw["intervals"])
        for name, scale in self.scales.items():
            intervals[name] = [number * scale.factor for number in intervals[name]]
        zones = self.scales[BRIXIA.name].factor
        intervals["zones"] = [number * zones for number in intervals["zones"]]
        facts = self.base.facts
        films = self.manifest.films
        return raw | {
            "version": f"{facts.version}+local.{now:%Y%m%d}",
            "created": now.isoformat(timespec="seconds"),
            "intervals": intervals,
            **self._reference(),
            KEY: {
                "base": asdict(facts),
                "films_sha256": self.manifest.digest,
                "films": len(films),
                "patients": len({film.patient for film in films}),
                "sources": sorted({film.source for film in films if film.source}),
                "scales": {name: asdict(scale) for name, scale in self.scales.items()},
            },
        }

    def _reference(self) -> dict[str, Any]:
        """Return the base model's reference without the scores that are others now."""
        reference = self.base.metadata.raw.get(REFERENCE)
        if reference is None:
            return {}
        moved = {name for name, scale in self.scales.items() if not scale.curve.is_identity}
        numbers = {name: one for name, one in reference["numbers"].items() if name not in moved}
        return {REFERENCE: {**reference, "numbers": numbers}}

    def write(self, path: Path, out: Path) -> None:
        """Write the adapted file, and its card beside it under the same name with ``.md``.

        ``path``: the base model's file. Nothing is written unless the file loads and its scores
        are those of the curves.

        Raises:
            ParityError: they are not.
            ModelFileError: the file does not load.
        """
        curves = {name: scale.curve for name, scale in self.scales.items()}
        content = adapted_model(path, curves, self.metadata())
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent) as folder:
            tried = Path(folder) / out.name
            tried.write_bytes(content)
            scorer = Scorer(tried, threads=1)
            self._check(scorer)
            tried.replace(out)
        card = adaptation_card(scorer.metadata, self.scales)
        out.with_suffix(".md").write_text(card, encoding="utf-8")

    def record(self, tracker: Tracker, out: Path) -> None:
        """Record what was adapted, with the figures before and after, and what was written."""
        tracker.parameters(
            {
                "films": len(self.manifest.films),
                "films_sha256": self.manifest.digest,
                "model_sha256": self.base.facts.sha256,
            }
        )
        for name, scale in self.scales.items():
            for when, figures in (("before", scale.before), ("after", scale.after)):
                for figure in () if figures is None else ("mae", "bias", "coverage"):
                    value = getattr(figures, figure).value
                    tracker.metrics({f"{name}/{figure}/{when}": value})
        for path in (out, out.with_suffix(".md")):
            tracker.file(path, "model")

    def _check(self, adapted: Scorer) -> None:
        films = _spread_over(self.manifest.films)
        before, after = network_scores(self.base, films), network_scores(adapted, films)
        for name, scale in self.scales.items():
            top = before[name].top
            wanted = scale.curve.apply(before[name].parts, top)
            found = after[name].parts
            if wanted.shape != found.shape or np.abs(wanted - found).max(initial=0.0) > TOLERANCE:
                raise ParityError(f"The written graph does not follow the curve of {name}.")


def _spread_over(films: Sequence[Film]) -> list[Film]:
    index = np.linspace(0, len(films) - 1, min(CHECKED, len(films))).astype(int)
    return [films[place] for place in index]
