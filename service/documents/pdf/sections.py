"""The sections of the page: scores, remarks, reviews. Each is given where it begins or ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from radiograde.model.reasons import Reason
from radiograde.model.scoring.result import ScaleScore, Scores
from radiograde.model.scoring.scales import LEFT_ZONES, RIGHT_ZONES
from radiograde.service.database.tables import Verdict
from radiograde.service.documents.drawing import warmth
from radiograde.service.documents.pdf.canvas import (
    AMBER,
    BODY,
    DIM,
    INK,
    INNER,
    LEADING,
    LEFT,
    SMALL,
    Page,
)
from radiograde.service.documents.pdf.text_layout import fitted, wrapped
from radiograde.service.documents.sentences import share_words
from radiograde.service.documents.statement.statement import Statement
from radiograde.service.reviews.review import Review

_ROW = 17.0
_NAME, _VALUE, _BAR, _RANGE = 92.0, 58.0, 92.0, 12.0
_TABLE = LEFT + 168
_HEIGHTS = ("Upper", "Middle", "Lower")
_LUNG, _ZONE_BAR = 236.0, 70.0
MOST_REVIEWS = 4
_LINE = LEADING + 3
_VERDICTS: dict[Verdict, str] = {
    "accepted": "accepted",
    "corrected": "corrected",
    "not_gradable": "not gradable",
}


def write_scores(page: Page, top: float, scores: Scores, severity: str) -> float:
    """Write the scores of both lungs, Brixia large beside the others; return where they end."""
    brixia, shares = scores.brixia, scores.lung_involvement_percent
    page.text((LEFT, top + 12), "Brixia score", BODY, DIM)
    end = page.text((LEFT, top + 46), f"{brixia.value:.1f}", 36, bold=True)
    page.text((end + 6, top + 46), f"of {brixia.range[1]:g}", 13, DIM)
    page.box((LEFT, top + 58), (110, 21), warmth(brixia.value / brixia.range[1]), radius=10)
    page.text((LEFT + 55, top + 72.5), severity, 12, bold=True, align="middle")
    level = f"{brixia.level:.0%} prediction interval"
    page.text((_TABLE, top + 12), "Both lungs", SMALL, DIM)
    page.text((_TABLE + _NAME + _VALUE + _BAR + _RANGE, top + 12), level, SMALL, DIM)
    rows = (
        ("Brixia", brixia),
        ("Geographic extent", scores.geographic_extent),
        ("Opacity", scores.opacity),
    )
    for row, (name, score) in enumerate(rows, 1):
        page.text((_TABLE, top + 12 + row * _ROW), name, BODY, DIM)
        _write_score(page, (_TABLE + _NAME, top + 12 + row * _ROW), score)
    y = top + 12 + 4 * _ROW
    page.text((_TABLE, y), "Lung involved", BODY, DIM)
    page.text((_TABLE + _NAME, y), share_words(shares.total), BODY, bold=True)
    sides = f"right {share_words(shares.right)}, left {share_words(shares.left)}"
    page.text((_TABLE + _NAME + _VALUE, y), sides, BODY)
    return top + 92


def write_statement(page: Page, top: float, statement: Statement | None) -> float:
    """Write what the film shows below the label that says what made the words; return their end."""
    if statement is None:
        return top
    page.text((LEFT, top + 12), statement.label, SMALL, DIM)
    y = top + 12
    for line in wrapped(statement.text, BODY, INNER):
        y += LEADING + 3
        page.text((LEFT, y), line, BODY, bold=True)
    return y + 8


def write_zones(page: Page, bottom: float, scores: Scores) -> float:
    """Write the zones lung by lung, the patient's right on the left; return where they begin."""
    top = bottom - 4 * _ROW - 6
    page.line((LEFT, top + 17), INNER)
    for row, height in enumerate(_HEIGHTS, 1):
        page.text((LEFT, top + 12 + row * _ROW), height, BODY, DIM)
    lungs = (("Right lung", RIGHT_ZONES), ("Left lung", LEFT_ZONES))
    for column, (lung, zones) in enumerate(lungs):
        x = LEFT + 48 + column * _LUNG
        page.text((x, top + 12), lung, SMALL, DIM)
        level = f"{scores.zones[zones[0]].level:.0%} interval"
        page.text((x + 16 + _VALUE + _ZONE_BAR + _RANGE, top + 12), level, SMALL, DIM)
        for row, zone in enumerate(zones, 1):
            y = top + 12 + row * _ROW
            page.text((x, y), zone, BODY, DIM)
            _write_score(page, (x + 16, y), scores.zones[zone], bar=_ZONE_BAR)
    return top


def write_remarks(page: Page, bottom: float, reasons: Sequence[Reason]) -> float:
    """Write the reasons of the input check, warnings first; return where that begins."""
    ordered = sorted(reasons, key=lambda reason: reason.level != "warn")
    lines = [
        (line, AMBER if reason.level == "warn" else DIM)
        for reason in ordered
        for line in wrapped(_remark(reason), BODY, INNER)
    ]
    top = bottom - len(lines) * (LEADING + 2)
    for number, (line, colour) in enumerate(lines):
        page.text((LEFT, top + number * (LEADING + 2) + 8), line, BODY, colour)
    return top - 6 if lines else bottom


def write_rejection(page: Page, top: float, reasons: Sequence[Reason]) -> float:
    """Write that the film was not graded, and why; return where that ends."""
    page.text((LEFT, top + 26), "Not graded", 22, bold=True)
    y = top + 46
    for reason in sorted(reasons, key=lambda reason: reason.level != "reject"):
        colour = INK if reason.level == "reject" else DIM
        for line in wrapped(_remark(reason), 11, INNER):
            page.text((LEFT, y), line, 11, colour)
            y += 15
    return y


def _remark(reason: Reason) -> str:
    return f"Warning: {reason.message}" if reason.level == "warn" else reason.message


def _write_score(
    page: Page, at: tuple[float, float], score: ScaleScore, *, bar: float = _BAR
) -> None:
    x, y = at
    low, high = score.interval
    end = page.text((x, y), f"{score.value:.1f}", BODY, bold=True)
    page.text((end + 3, y), f"of {score.range[1]:g}", SMALL, DIM)
    page.bar((x + _VALUE, y - 6), bar, score)
    page.text((x + _VALUE + bar + _RANGE, y), f"{low:.1f} to {high:.1f}", BODY)


def write_reviews(
    page: Page, bottom: float, reviews: Sequence[Review], zone: tzinfo | None
) -> float:
    """Write a line for each review, newest first; return where that begins.

    ``zone``: in which days are counted. What does not fit is counted or cut.
    """
    if not reviews:
        return bottom
    shown = reviews[: MOST_REVIEWS if len(reviews) <= MOST_REVIEWS else MOST_REVIEWS - 1]
    lines = [review_line(review, zone) for review in shown]
    if len(shown) < len(reviews):
        lines.append(f"and {len(reviews) - len(shown)} more")
    top = bottom - (len(lines) + 1) * _LINE
    page.text((LEFT, top + 8), "Reviewed by readers; all above is the model's", SMALL, DIM)
    for number, line in enumerate(lines, 1):
        page.text((LEFT, top + number * _LINE + 8), fitted(line, BODY, INNER), BODY)
    return top - 6


def review_line(review: Review, zone: tzinfo | None) -> str:
    """Return verdict, reader, day, the sum of corrected zones, and the comment in one line."""
    day = review.created.astimezone(zone).date().isoformat()
    parts = [f"{review.reviewer}, {day}: {_VERDICTS[review.verdict]}"]
    if review.zones is not None:
        zones = " ".join(f"{zone}{score}" for zone, score in review.zones.items())
        parts[0] += f", Brixia {review.brixia} of 18 ({zones})"
    if review.comment:
        parts.append(" ".join(review.comment.split()))
    return ". ".join(parts)
