"""A model fine-tuned on a site's films: trained, measured out of fold and exported in one go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from radiograde.model.scoring.scorer import Scorer
from radiograde.training.config import TrainConfig
from radiograde.training.evaluation.evaluate import evaluate
from radiograde.training.evaluation.evaluate_model import evaluate_model
from radiograde.training.evaluation.figures.scale_figures import MEAN, OURS
from radiograde.training.evaluation.figures.source_figures import SourceFigures
from radiograde.training.evaluation.film_figures import FilmFigures
from radiograde.training.evaluation.tables import markdown
from radiograde.training.fit.pipeline import train
from radiograde.training.release.release_run import CARD, release_run
from radiograde.training.run_paths import RunPaths


@dataclass(frozen=True, slots=True)
class ScaleChange:
    """Error and bias of a scale at a source, in points, before and after; None: not measured."""

    source: str
    scale: str
    films: int
    before: tuple[float | None, float | None]
    after: tuple[float | None, float | None]

    @property
    def words(self) -> tuple[str, ...]:
        """The row of a table."""
        figures = (*self.before, *self.after)
        shown = ("–" if one is None else f"{one:.2f}" for one in figures)
        return (self.source or "all", self.scale, str(self.films), *shown)


HEADER = ("Source", "Scale", "Films", "MAE before", "Bias before", "MAE after", "Bias after")


def fine_tune(
    paths: RunPaths, config: TrainConfig, out: Path, name: str, licence: str
) -> list[ScaleChange]:
    """Train from ``config.init``, measure and write the model file; return what changed.

    After: out of fold, each film by a model that never saw its patient's scores. Before: by the
    file that training began with, where that is a file. Both stand in the card, too. Raises as
    training, evaluation and export do.
    """
    train(paths, config)
    result = evaluate(paths)
    release_run(paths, out, name, licence)
    before = None
    if config.init is not None and config.init.is_file():
        scorer = Scorer(config.init, threads=1)
        folder = paths.run / "before"
        before = evaluate_model(scorer, result.dataset.manifest, folder, a_source=0)[0].figures
    after = result.metrics.by_source
    changes = [] if after is None else list(_changes(before, after))
    _write(out.with_name(CARD), changes)
    return changes


def _changes(before: FilmFigures | None, after: FilmFigures) -> Iterator[ScaleChange]:
    for source in after.sources:
        own = None if before is None else before.source(source.source)
        known = {} if own is None else dict(_errors(own))
        for scale, (films, *now) in _errors(source):
            _, *then = known.get(scale, (0, None, None))
            yield ScaleChange(source.source, scale, films, (then[0], then[1]), (now[0], now[1]))


def _errors(
    source: SourceFigures,
) -> Iterator[tuple[str, tuple[int, float | None, float | None]]]:
    for row in source.agreement:
        if (row.reference, row.grader) == (MEAN, OURS):
            yield row.scale, (row.films, row.mae.value, row.bias.value)


def _write(card: Path, changes: list[ScaleChange]) -> None:
    table = "\n".join(markdown(HEADER, [one.words for one in changes]))
    text = card.read_text("utf-8").rstrip("\n")
    card.write_text(f"{text}\n\n## Before and after fine-tuning\n\n{table}\n", encoding="utf-8")
