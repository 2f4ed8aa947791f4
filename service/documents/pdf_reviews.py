"""The part of the page that holds what readers said of the scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from radiograde.service.database.tables import Verdict
from radiograde.service.documents.pdf.canvas import BODY, DIM, INNER, LEADING, LEFT, SMALL, Page
from radiograde.service.documents.pdf.text_layout import fitted
from radiograde.service.reviews.review import Review

MOST_LINES = 4
_LINE = LEADING + 3
_VERDICTS: dict[Verdict, str] = {
    "accepted": "accepted",
    "corrected": "corrected",
    "not_gradable": "not gradable",
}


def write_reviews(
    page: Page, bottom: float, reviews: Sequence[Review], zone: tzinfo | None
) -> float:
    """Write a line for each review, newest first; return where that begins.

    ``zone``: in which days are counted. What does not fit is counted or cut.
    """
    if not reviews:
        return bottom
    shown = reviews[: MOST_LINES if len(reviews) <= MOST_LINES else MOST_LINES - 1]
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
