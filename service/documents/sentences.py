"""A result in sentences, for documents that people read."""

from __future__ import annotations

from radiograde.model.scoring.result import Involvement, ScaleScore, Scores, SeverityResult
from radiograde.service.documents import codes
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.statement.statement import statement
from radiograde.service.reviews.review import Review


def summary(result: SeverityResult) -> list[str]:
    """Return the sentences that describe a scored or rejected result, without its notice."""
    if result.scores is None:
        return ["Not graded.", *messages(result)]
    return [f"Severity {result.severity}.", *score_sentences(result.scores), *messages(result)]


def described(graded: GradedFilm) -> list[str]:
    """Return the same of a graded film, behind what it shows in the form's language."""
    said = statement(graded.result, graded.form.language)
    return [*([] if said is None else [said.marked]), *summary(graded.result)]


def messages(result: SeverityResult) -> list[str]:
    """Return the messages of the input check."""
    return [] if result.gate is None else [reason.message for reason in result.gate.reasons]


def score_sentences(scores: Scores) -> list[str]:
    """Return one sentence for each scale of the whole lungs."""
    return [
        _scale_sentence(codes.BRIXIA.meaning, scores.brixia),
        _scale_sentence(codes.EXTENT.meaning, scores.geographic_extent),
        _scale_sentence(codes.OPACITY_SCORE.meaning, scores.opacity),
        _share_sentence(scores.lung_involvement_percent),
    ]


def share_words(share: float | None) -> str:
    """Return a percentage; a lung that is not seen has none."""
    return "not seen" if share is None else f"{share:.0f}%"


def _scale_sentence(name: str, score: ScaleScore) -> str:
    low, high = score.interval
    return (
        f"{name} {score.value:.1f} of {score.range[1]:g} "
        f"({score.level:.0%} prediction interval {low:.1f} to {high:.1f})."
    )


def _share_sentence(involvement: Involvement) -> str:
    return (
        f"{codes.INVOLVEMENT.meaning} {share_words(involvement.total)} "
        f"(right {share_words(involvement.right)}, left {share_words(involvement.left)})."
    )


def review_sentence(review: Review) -> str:
    """Return a reader's verdict in one sentence, without the comment."""
    if review.zones is not None:
        zones = ", ".join(f"{zone} {score}" for zone, score in review.zones.items())
        return f"The reader corrected the grading: Brixia score {review.brixia} of 18 ({zones})."
    if review.verdict == "accepted":
        return "The reader accepted the grading."
    return "The reader finds the film not fit to grade."
