"""What a run began with, and whether that had seen the run's films: then no figure is out of fold.

A network that begins with another one's weights keeps what those learned. If they learned from the
films that the run is measured on, held-out grades are held out no more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from radiograde.model.errors import RadiogradeError
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.config import TrainConfig
from radiograde.training.errors import ConfigError
from radiograde.training.fit.run_record import RunFacts
from radiograde.training.run_paths import RunPaths

KEY = "began_with"
"""Under which a model file's ``training`` keeps it."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A model that a run began with, and what it and those before it had learned from.

    ``name``: of the model, or of the run's folder. ``manifests``: sha256. ``sources``: as far as
    they say; ``is_complete``: whether all of them say it.
    """

    name: str
    manifests: Sequence[str]
    sources: Sequence[str]
    is_complete: bool

    @classmethod
    def of(cls, init: Path | None) -> Self | None:
        """Return the beginning in ``init``, a run or an exported file; None where there is none.

        A file that is there no more has told nothing.
        """
        if init is None:
            return None
        try:
            return cls._of_run(init) if init.is_dir() else cls._of_file(init)
        except (RadiogradeError, OSError, ValueError, KeyError):
            return cls(init.stem, [], [], is_complete=False)

    @classmethod
    def parse(cls, training: Mapping[str, Any]) -> Self | None:
        """Return the beginning that a model file's ``training`` tells of; None for none."""
        told = training.get(KEY)
        return None if told is None else cls(**told)

    @classmethod
    def _of_run(cls, run: Path) -> Self:
        paths = RunPaths.of(run, run)
        facts, before = RunFacts.load(paths.record), TrainConfig.load(paths.config).init
        if facts is None:
            raise ConfigError(f"{run} holds no run.")
        sources = json.loads(paths.evaluation.read_text())["sources"]
        return cls._joined(run.name, facts.manifest, list(sources), cls.of(before))

    @classmethod
    def _of_file(cls, file: Path) -> Self:
        metadata = Scorer(file, providers=["CPUExecutionProvider"]).metadata
        training = metadata.raw.get("training", {})
        return cls._joined(
            f"{metadata.name} {metadata.version}",
            training.get("manifest_sha256", ""),
            training.get("sources", []),
            cls.parse(training),
        )

    @classmethod
    def _joined(cls, name: str, manifest: str, sources: list[str], before: Self | None) -> Self:
        is_complete = bool(sources) and (before is None or before.is_complete)
        manifests = [manifest, *(before.manifests if before is not None else [])]
        known = {*sources, *(before.sources if before is not None else [])}
        return cls(name, [one for one in manifests if one], sorted(known), is_complete=is_complete)

    def warning(self, manifest: str, sources: Sequence[str]) -> str:
        """Return what this beginning makes of figures on films, in words; '' where nothing.

        ``manifest``: sha256 of the films' manifest. ``sources``: whose the films are.
        """
        shared = sorted(set(self.sources) & set(sources))
        began = f"The network began with the weights of {self.name}, which"
        if manifest in self.manifests:
            return f"{began} learned from these very films: no figure here is out of fold."
        if shared:
            return (
                f"{began} learned from films of {', '.join(shared)} too: figures of these may not "
                "be out of fold."
            )
        if not self.is_complete:
            return (
                f"{began} do not say what they learned from: whether figures are out of fold is "
                "not known."
            )
        return ""
