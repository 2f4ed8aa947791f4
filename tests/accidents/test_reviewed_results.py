"""A result says whether it was reviewed, whoever wrote the review, on both databases."""

from __future__ import annotations

from contextlib import closing

import sqlalchemy as sa

from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import results, reviews
from radiograde.service.grading.records import Records, open_records
from tests.accidents.test_databases import brought_to
from tests.service.worklist.stock import Stock


def reviewed(records: Records) -> set[str]:
    query = sa.select(results.c.id).where(results.c.reviewed)
    return set(records.database.values(query, str))


def test_a_review_marks_its_result_as_long_as_there_is_one(installation: Records) -> None:
    stock = Stock(installation)
    judged, twice, _ = (stock.scored() for _ in range(3))
    for film in (judged, twice, twice):
        stock.reviewed(film)
    assert reviewed(installation) == {judged, twice}
    of_twice = sa.select(reviews.c.id).where(reviews.c.result_id == twice)
    for left, found in zip(installation.database.values(of_twice, str), (1, 0), strict=True):
        with installation.database.write() as connection:
            connection.execute(sa.delete(reviews).where(reviews.c.id == left))
        assert reviewed(installation) == ({judged, twice} if found else {judged})


def test_an_upgrade_marks_what_was_reviewed(settings: Settings) -> None:
    with closing(open_records(settings)) as records:
        stock = Stock(records)
        judged, _ = stock.scored(), stock.scored()
        stock.reviewed(judged)
    brought_to(settings.store_url, "0009")
    with closing(open_records(settings, upgrade=True)) as records:
        assert reviewed(records) == {judged}
