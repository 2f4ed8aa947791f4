"""What to expect of films that a model never saw, in a clinician's words: rows of the README."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY
from radiograde.training.evaluation.figures.scale_figures import MEAN, OURS, GraderAgreement
from radiograde.training.evaluation.figures.source_figures import SourceFigures
from radiograde.training.evaluation.model_evaluation import ModelEvaluation
from radiograde.training.evaluation.worded_figures import figure
from radiograde.training.input_check.picture_kind import CHILDREN, ORDINARY, SPINE

PICTURES = {
    ORDINARY: "The input check turns away {share:.1%} of {count} ordinary films.",
    CHILDREN: "It turns away {share:.0%} of {count} films of children, and should of all.",
    SPINE: "It turns away {share:.0%} of {count} whole-spine films, and should of all.",
}

Row = tuple[str, str, str]


def elsewhere_rows(evaluations: Sequence[ModelEvaluation]) -> Iterator[Row]:
    """Yield the rows on sources that the model never saw."""
    sources = [source for evaluation in evaluations for source in evaluation.elsewhere]
    yield from _errors(sources)
    yield from _clear(sources)
    yield from _intervals(sources, evaluations)


def _errors(sources: Sequence[SourceFigures]) -> Iterator[Row]:
    for scale in (BRIXIA, EXTENT, OPACITY):
        for source in sources:
            rows = [row for row in source.agreement if row.scale == scale.name]
            ours = [row for row in rows if (row.reference, row.grader) == (MEAN, OURS)]
            readers = [row for row in rows if OURS not in (row.grader, row.reference)]
            for row in ours:
                answer = f"{figure(row.mae)} points on average, {_leaning(row)}, r {figure(row.r)}"
                if readers:
                    answer += f"; two radiologists differ by {readers[0].mae.value or 0:.2f}"
                name = scale.name.replace("_", " ")
                yield (
                    f"How far is the {name} score ({scale.low:.0f}-{scale.high:.0f}) from the "
                    f"radiologists' at a hospital that it never saw ({source.source})?",
                    f"{row.films}",
                    answer,
                )


def _leaning(row: GraderAgreement) -> str:
    bias = row.bias.value or 0.0
    return f"{abs(bias):.2f} too {'high' if bias > 0 else 'low'}"


def _clear(sources: Sequence[SourceFigures]) -> Iterator[Row]:
    kinds = [(source.source, kind) for source in sources for kind in source.clear]
    if kinds:
        answers = "; ".join(
            f"{figure(kind.specificity, '.0%')} of {name}'s" for name, kind in kinds
        )
        yield (
            "Of films that radiologists read as clear, how many does it grade none?",
            f"{sum(kind.films for _, kind in kinds)}",
            answers,
        )


def _intervals(
    sources: Sequence[SourceFigures], evaluations: Sequence[ModelEvaluation]
) -> Iterator[Row]:
    kinds = [(source.source, kind) for source in sources for kind in source.intervals]
    if kinds:
        answers = "; ".join(
            f"{kind.scale.replace('_', ' ')} {figure(kind.coverage, '.0%')} ({name})"
            for name, kind in kinds
        )
        yield (
            f"How often does the {evaluations[0].level:.0%} interval contain the radiologists' "
            "score there?",
            f"{max(kind.films for _, kind in kinds)}",
            answers,
        )


def input_check_elsewhere(evaluations: Sequence[ModelEvaluation]) -> Iterator[str]:
    """Yield what a file's input check does with films; a model without a source has none."""
    pictures = [
        TurnedAway(kind.kind, kind.pictures, kind.turned_away.value or 0.0)
        for evaluation in evaluations
        if not evaluation.left_out
        for kind in evaluation.figures.pictures
    ]
    yield from input_check_sentences(pictures)


class TurnedAway(NamedTuple):
    """Pictures of one kind, how many, and the share (0-1) of them that is turned away."""

    kind: str
    pictures: int
    share: float


def input_check_sentences(pictures: Sequence[TurnedAway]) -> Iterator[str]:
    """Yield what the input check does with ordinary films, children's and the spine's."""
    for name, sentence in PICTURES.items():
        kinds = [one for one in pictures if one.kind == name]
        if kinds:
            count = sum(one.pictures for one in kinds)
            away = sum(one.pictures * one.share for one in kinds)
            yield sentence.format(count=count, share=away / count)
