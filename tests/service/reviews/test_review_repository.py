from __future__ import annotations

from datetime import timedelta

import pytest

from radiograde.model.errors import NotFoundError
from radiograde.service.grading.records import Records
from tests.service.reviews.made import CORRECTED, CREATED, graded, keep, review


def test_a_review_comes_back_as_it_was_recorded(records: Records) -> None:
    film = graded(records)
    made = review(1, "corrected", result_id=film, comment="서울\nsecond line")
    keep(records, made)
    assert records.reviews.of(film) == [made]
    assert records.reviews.get(film, made.id) == made
    assert (made.brixia, made.zones, made.created) == (6, CORRECTED, CREATED)


def test_the_newest_review_of_a_reader_counts_and_nothing_is_lost(records: Records) -> None:
    film = graded(records)
    first = review(1, "corrected", reader="kim", result_id=film)
    other = review(2, "not_gradable", reader="lee", result_id=film, minutes=1)
    again = review(3, "accepted", reader="kim", result_id=film, minutes=2)
    keep(records, again, other, first)
    assert records.reviews.of(film) == [again, other]
    assert records.reviews.newest([film, "none"]) == {film: again}
    assert records.reviews.get(film, first.id) == first


def test_of_two_in_the_same_moment_the_later_id_is_newer(records: Records) -> None:
    film = graded(records)
    keep(records, review(2, "accepted", result_id=film), review(1, "corrected", result_id=film))
    assert [one.verdict for one in records.reviews.of(film)] == ["accepted"]


def test_reviews_of_many_results_are_kept_apart(records: Records) -> None:
    films = [graded(records, number) for number in range(3)]
    for number, film in enumerate(films[:2]):
        keep(records, review(number, reader=f"reader {number}", result_id=film))
    found = records.reviews.of_each([*films, *(str(number) for number in range(1200))])
    assert {film: [one.reviewer for one in of] for film, of in found.items()} == {
        films[0]: ["reader 0"],
        films[1]: ["reader 1"],
    }


def test_results_reviewed_since_a_moment_come_with_all_that_counts(records: Records) -> None:
    film = graded(records)
    old = review(1, reader="lee", result_id=film)
    new = review(2, reader="kim", result_id=film, minutes=10)
    keep(records, old, new)
    assert records.reviews.reviewed() == {film: [new, old]}
    assert records.reviews.reviewed(CREATED + timedelta(minutes=5)) == {film: [new, old]}
    assert records.reviews.reviewed(CREATED + timedelta(minutes=11)) == {}


def test_a_review_of_another_result_is_not_found(records: Records) -> None:
    film, other = graded(records, 1), graded(records, 2)
    keep(records, review(1, result_id=film))
    with pytest.raises(NotFoundError, match="reviews"):
        records.reviews.get(other, review(1).id)
