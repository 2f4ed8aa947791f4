from __future__ import annotations

import dataclasses
from datetime import UTC, timedelta, timezone

from radiograde.service.documents.pdf.report_page import report
from radiograde.service.documents.pdf.sections import MOST_REVIEWS, review_line
from radiograde.service.reviews.review import Review
from tests.service.documents.graded_films import graded_film, rejected_film
from tests.service.documents.pdf.pdf_reader import lines, page_count
from tests.service.reviews.made import review


def said(*reviews: Review, rejected: bool = False) -> list[str]:
    made = rejected_film() if rejected else graded_film()
    content = report(dataclasses.replace(made, reviews=reviews)).content
    assert page_count(content) == 1
    return lines(content)


def test_each_review_has_a_line() -> None:
    text = said(
        review(1, "corrected", reader="kim", comment="right\nbase"),
        review(2, "accepted", reader="lee"),
        review(3, "not_gradable", reader="park"),
    )
    assert "kim, 2026-03-05: corrected, Brixia 6 of 18 (A0 B1 C3 D0 E0 F2). right base" in text
    assert "lee, 2026-03-05: accepted" in text
    assert "park, 2026-03-05: not gradable" in text


def test_without_reviews_nothing_is_said_of_them() -> None:
    assert not [line for line in said() if "eview" in line]


def test_long_comments_are_cut_and_many_reviews_counted() -> None:
    many = [review(n, reader=f"r{n}", comment="word " * 300) for n in range(MOST_REVIEWS + 2)]
    text = said(*many, rejected=True)
    shown = [line for line in text if ": accepted" in line]
    assert len(shown) == MOST_REVIEWS - 1
    assert all(line.endswith("...") and len(line) < 150 for line in shown)
    assert "and 3 more" in text
    assert (
        len([line for line in said(*many[:MOST_REVIEWS]) if ": accepted" in line]) == MOST_REVIEWS
    )


def test_the_day_is_that_of_the_films_zone() -> None:
    late = review(1, minutes=18 * 60 + 40)
    assert review_line(late, UTC).startswith("kim, 2026-03-05")
    assert review_line(late, timezone(timedelta(hours=9))).startswith("kim, 2026-03-06")
