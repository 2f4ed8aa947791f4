"""The block of figures in a README: few, in a clinician's words. The model card has the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from radiograde.data.findings import NOTHING
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, Scale
from radiograde.training.errors import ConfigError
from radiograde.training.evaluation.comparators import OURS, ComparatorRow
from radiograde.training.evaluation.evaluation_result import ReleasedMetrics
from radiograde.training.evaluation.headlines import (
    Row,
    TurnedAway,
    elsewhere_rows,
    input_check_elsewhere,
    input_check_sentences,
)
from radiograde.training.evaluation.metrics import ChangeOverTime
from radiograde.training.evaluation.model_evaluation import ModelEvaluation
from radiograde.training.evaluation.tables import confidence_interval, markdown, shown
from radiograde.training.input_check.picture_kind import ORDINARY

BEGIN, END = "<!-- metrics:begin -->", "<!-- metrics:end -->"
SCALES = (
    ("Brixia, readers' mean", "Brixia score", BRIXIA),
    ("extent", "geographic extent", EXTENT),
    ("opacity", "opacity score", OPACITY),
)
"""The reference in the comparator table, what a reader calls the scale, and the scale."""

KNOWN = ", other patients of the hospitals that it learned from"


def check_readme(path: Path) -> None:
    """Raise ConfigError unless the file has the marks between which figures go."""
    text = path.read_text()
    if BEGIN not in text or END not in text:
        raise ConfigError(f"{path} lacks the lines {BEGIN} and {END}.")


def fill_readme(
    path: Path,
    metrics: ReleasedMetrics,
    level: float,
    evaluations: Sequence[ModelEvaluation] = (),
) -> None:
    """Write the figures between the marks of a README; see ``check_readme``."""
    check_readme(path)
    text = path.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    figures = readme_figures(metrics, level, evaluations)
    path.write_text(f"{before}{BEGIN}\n{figures}\n{END}{after}", encoding="utf-8")


def readme_figures(
    metrics: ReleasedMetrics, level: float, evaluations: Sequence[ModelEvaluation] = ()
) -> str:
    """Return a Markdown table and a sentence; what was not measured is left out.

    ``level``: of the prediction intervals, 0-1. ``evaluations``: of the model on films that it
    never saw. With them, what to expect elsewhere comes first, and of the films that it learned
    from only the global score and films without findings.
    """
    elsewhere = list(elsewhere_rows(evaluations))
    if elsewhere:
        rows = [*elsewhere, *_normal_films(metrics), *_errors(metrics, SCALES[:1], KNOWN)]
        check = list(input_check_elsewhere(evaluations)) or _check_sentences(metrics)
        sentences = [*check, *_change_sentence(metrics)]
    else:
        rows = [*_errors(metrics), *_normal_films(metrics), *_intervals(metrics, level)]
        sentences = [*_change_sentence(metrics), *_check_sentences(metrics)]
    table = markdown(("question", "films", "answer"), rows)
    return "\n".join([*table, "", " ".join(sentences)])


def _errors(
    metrics: ReleasedMetrics, scales: Sequence[tuple[str, str, Scale]] = SCALES, where: str = ""
) -> Iterator[Row]:
    ours = {row.reference: row for row in metrics.agreement if row.grader == OURS}
    for reference, name, scale in scales:
        if reference in ours:
            row = ours[reference]
            answer = (
                f"{row.agreement.mae:.2f} points on average (95% CI {confidence_interval(row)}), "
                f"r {shown(row.agreement.r, '.2f')}"
            )
            if scale is BRIXIA:
                answer += _between_readers(metrics)
            question = (
                f"How far is the {name} ({scale.low:.0f}-{scale.high:.0f}) from the radiologists'"
                f"{where}?"
            )
            yield question, f"{row.agreement.films}", answer


def _between_readers(metrics: ReleasedMetrics) -> str:
    """Return how far two readers are from each other, where both graded."""
    readers = [row for row in metrics.agreement if _is_reader(row)]
    return f"; two radiologists differ by {readers[0].agreement.mae:.2f}" if readers else ""


def _is_reader(row: ComparatorRow) -> bool:
    return row.grader.startswith("reader ") and row.reference.startswith("Brixia, reader ")


def _normal_films(metrics: ReleasedMetrics) -> Iterator[Row]:
    """Yield the largest set of films without findings whose label no training had."""
    normal = NOTHING.casefold()
    kinds = [kind for kind in metrics.normal_films if kind.finding.casefold() == normal]
    unseen = [kind for kind in kinds if kind.unseen]
    if unseen:
        kind = max(unseen, key=lambda kind: kind.films)
        yield (
            f"How high do films without findings score ({kind.source})?",
            f"{kind.films}",
            f"{kind.mean_brixia:.2f} of {BRIXIA.high:.0f} on average; 95% of them below "
            f"{kind.p95_brixia:.2f}",
        )


def _intervals(metrics: ReleasedMetrics, level: float) -> Iterator[Row]:
    coverage = metrics.brixia_coverage
    films = [row.agreement.films for row in metrics.agreement if row.reference == SCALES[0][0]]
    if coverage.share is not None and films:
        yield (
            f"How often does the {level:.0%} interval contain the radiologists' Brixia score?",
            f"{films[0]}",
            f"for {coverage.share:.0%} of films; its median width is "
            f"{shown(coverage.median_width, '.1f')} points",
        )


def _change_sentence(metrics: ReleasedMetrics) -> Iterator[str]:
    change = metrics.change
    if isinstance(change, ChangeOverTime):
        yield (
            f"Between two films of a patient, a change of the Brixia score below "
            f"{change.repeatability:.1f} points is within measurement error. The changes that it "
            f"grades are off the radiologists' by {change.mae:.2f} points on average; saying that "
            f"nothing changes is off by {change.null_error:.2f}."
        )


def _check_sentences(metrics: ReleasedMetrics) -> Iterator[str]:
    check = metrics.input_check
    kinds = [TurnedAway(kind.kind, kind.pictures, kind.rejected) for kind in check.kinds]
    yield from input_check_sentences(
        [TurnedAway(ORDINARY, check.films, check.films_rejected), *kinds]
    )
