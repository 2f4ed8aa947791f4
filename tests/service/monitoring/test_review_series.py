"""Of more reviews than are looked at, the first month and the last ones stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import results, reviews
from radiograde.service.grading.records import Records, open_records
from radiograde.service.monitoring import review_series as series
from radiograde.service.monitoring.control_chart import GROUP
from radiograde.service.monitoring.review_series import review_series
from tests.service.fakes import FACTS
from tests.service.monitoring.made_films import BEGAN, made_rows, record

FILMS = 410
"""Ten reviews a day, so 300 are of the first month."""


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with closing(open_records(Settings(data_dir=tmp_path))) as made:
        record(made.database, made_rows(FILMS))
        reviewed(made)
        yield made


def reviewed(records: Records) -> None:
    """Have a reader find each film ``number`` points above the model."""
    ids = [f"{number:026d}" for number in range(FILMS)]
    scored = [
        {
            "id": id,
            "created": BEGAN,
            "recorded": BEGAN,
            "status": "scored",
            "model_sha256": FACTS.sha256,
            "document": {},
            "brixia": 0.0,
        }
        for id in ids
    ]
    said = [
        {
            "id": id,
            "result_id": id,
            "created": BEGAN + timedelta(days=number / 10),
            "reviewer": "kim",
            "verdict": "corrected",
            "zones": {"A": number},
        }
        for number, id in enumerate(ids)
    ]
    with records.database.write() as connection:
        connection.execute(sa.insert(results), scored)
        connection.execute(sa.insert(reviews), said)


def test_all_of_few_are_looked_at(records: Records) -> None:
    found = review_series(records.database, FACTS.sha256, None)
    assert found.differences == list(range(FILMS))
    assert found.first == 300
    assert found.a_month == pytest.approx(FILMS / (40.9 / 30))


def test_of_many_whole_points_between_first_and_last_are_left_out(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = review_series(records.database, FACTS.sha256, None)
    monkeypatch.setattr(series, "MOST", 100)
    found = review_series(records.database, FACTS.sha256, None)
    assert found.differences == [*range(50), *range(50 + 13 * GROUP, FILMS)]
    assert found.first == 50
    assert found.a_month == everything.a_month
