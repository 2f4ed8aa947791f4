"""The monitor is quiet without drift, loud with it, and does what the rules say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from radiograde.service.config.monitor_rules import MonitorConfig
from radiograde.service.config.notify import WebhookConfig
from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import deliveries, notices
from radiograde.service.errors import StoreError
from radiograde.service.grading.records import Records, open_records
from radiograde.service.monitoring.control_chart import GROUP, control_chart
from radiograde.service.monitoring.film_sample import FilmRow, FilmSample
from radiograde.service.monitoring.model_monitor import Monitor
from radiograde.service.notifications.notice_recorder import NoticeRecorder
from radiograde.service.programme_errors import NoAlarmError
from tests.service.fakes import FACTS, METADATA, FakeScorer
from tests.service.monitoring.made_films import BEGAN, brighter, made_rows, record

SOON = MonitorConfig(first_days=1)
FEW = 300
"""Films of a first month of a day, at ten an hour, and some more."""


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with closing(open_records(Settings(data_dir=tmp_path))) as made:
        yield made


def monitor_of(records: Records, **rules: str) -> Monitor:
    pager = WebhookConfig.model_validate(
        {"type": "webhook", "name": "pager", "url": "https://x", "secret_env": "X"}
    )
    noticed = NoticeRecorder(records.notices.notices, (pager,))
    return Monitor(records.database, SOON.model_copy(update=rules), noticed)


def told(records: Records) -> list[str]:
    return records.database.values(sa.select(notices.c.event).order_by(notices.c.id), str)


def test_nothing_is_said_in_the_first_month_nor_without_drift(records: Records) -> None:
    monitor = monitor_of(records)
    record(records.database, made_rows(150))
    assert monitor.report(FakeScorer()).site == "learning"
    record(records.database, made_rows(FEW, seed=1, first=150))
    report = monitor.report(FakeScorer())
    assert (report.site, report.reference) == ("compared", "absent")
    assert {drift.feature for drift in report.drifts} >= {"brixia", "view", "bright", "frontal"}
    assert monitor.run(FakeScorer()) == []
    assert told(records) == []


def test_a_gain_error_raises_one_alarm_a_feature_and_warns(records: Records) -> None:
    monitor = monitor_of(records)
    record(records.database, made_rows(FEW))
    record(records.database, brighter(made_rows(150, seed=2, first=FEW)))
    raised = monitor.run(FakeScorer())
    assert {alarm.feature for alarm in raised} == {"middle", "bright"}
    assert not any(alarm.stops for alarm in raised)
    assert monitor.run(FakeScorer()) == [], "it stands already"
    assert told(records) == ["drift", "drift"]
    assert not monitor.alarms.is_stopped(FACTS.sha256)


def test_a_rule_sets_the_model_aside_until_somebody_clears_the_alarm(records: Records) -> None:
    monitor = monitor_of(records, films="stop")
    record(records.database, made_rows(FEW))
    record(records.database, brighter(made_rows(150, seed=2, first=FEW)))
    raised = monitor.run(FakeScorer())
    assert told(records) == ["model_stopped"] * len(raised)
    assert monitor.alarms.is_stopped(FACTS.sha256)
    for alarm in raised:
        with records.database.write() as connection:
            monitor.alarms.clear(connection, alarm.id, "kim", new_normal=False)
    assert not monitor.alarms.is_stopped(FACTS.sha256)
    assert {alarm.cleared_by for alarm in monitor.alarms.cleared()} == {"kim"}
    with pytest.raises(NoAlarmError), records.database.write() as connection:
        monitor.alarms.clear(connection, raised[0].id, "kim", new_normal=False)


def test_after_a_new_normal_the_next_films_are_the_first_month(records: Records) -> None:
    monitor = monitor_of(records)
    record(records.database, made_rows(FEW))
    record(records.database, brighter(made_rows(150, seed=2, first=FEW)))
    for alarm in monitor.run(FakeScorer()):
        with records.database.write() as connection:
            monitor.alarms.clear(connection, alarm.id, "kim", new_normal=True)
    assert monitor.report(FakeScorer()).site == "learning"
    assert monitor.run(FakeScorer()) == []


def test_what_is_ignored_raises_nothing(records: Records) -> None:
    monitor = monitor_of(records, films="ignore")
    record(records.database, made_rows(FEW))
    record(records.database, brighter(made_rows(150, seed=2, first=FEW)))
    assert monitor.run(FakeScorer()) == []


def test_another_model_learns_its_own_scores_and_films_stay_compared(records: Records) -> None:
    """Its scores may be others: what is held against the first month are those of one model."""
    record(records.database, made_rows(FEW))
    other = [
        replace(row, model_sha256="cd" * 32, brixia=(row.brixia or 0) / 2)
        for row in made_rows(150, seed=3, first=FEW)
    ]
    record(records.database, other)
    scorer = FakeScorer()
    scorer.facts = replace(FACTS, sha256="cd" * 32)
    report = monitor_of(records).report(scorer)
    features = {drift.feature for drift in report.drifts}
    assert "brixia" not in features
    assert "bright" in features
    assert report.site == "learning"


def test_films_of_one_patient_count_once() -> None:
    rows = [replace(row, patient="P" if n % 2 else f"{n}") for n, row in enumerate(made_rows(100))]
    assert FilmSample.of(rows).films == 51


def test_a_model_file_may_bring_its_own_reference(records: Records) -> None:
    expected = made_rows(500, seed=9)
    reference = {
        "films": 500,
        "numbers": {"brixia": [row.brixia for row in expected], "age": [20.0, 21.0, 22.0] * 100},
        "counts": {"view": {"PA": 300, "AP": 200}},
    }
    scorer = FakeScorer()
    scorer.metadata = replace(METADATA, raw={**METADATA.raw, "reference": reference})
    record(records.database, made_rows(110))
    monitor = monitor_of(records)
    raised = monitor.run(scorer)
    assert [(one.against, one.feature) for one in raised] == [("model", "age")]
    with records.database.write() as connection:
        monitor.alarms.clear(connection, raised[0].id, "kim", new_normal=True)
    record(records.database, made_rows(200, seed=4, first=110))
    assert monitor.run(scorer) == [], "it was taken for normal"
    for broken in ({"films": "x"}, 5, {"films": 1, "numbers": {"age": ["x"]}, "counts": {}}):
        scorer.metadata = replace(METADATA, raw={**METADATA.raw, "reference": broken})
        assert monitor.report(scorer).reference == "absent"


def test_readers_who_begin_to_differ_are_seen_on_the_chart() -> None:
    random = np.random.default_rng(0)
    usual = random.normal(0.3, 1.5, 200).tolist()
    quiet = control_chart([*usual, *random.normal(0.3, 1.5, 50)], 200, 100)
    assert not quiet.is_alarm
    assert len(quiet.points) == 250 // GROUP
    assert control_chart([*usual, *random.normal(3.3, 1.5, GROUP)], 200, 100).is_alarm
    assert control_chart(usual[:60], 60, 60).low is None, "too few to know what is usual"
    agreed = control_chart([0.0] * 300, 200, 100)
    assert not agreed.is_alarm


@pytest.mark.parametrize("first", [480, 6000])
def test_deliveries_that_begin_to_fail_raise_an_alarm(records: Records, first: int) -> None:
    record(records.database, made_rows(600))
    rows = []
    for number in range(first + 120):
        later = number >= first
        hours = 31 * 24 + number - first if later else number * 480 / first
        when = BEGAN + timedelta(hours=hours)
        rows.append(
            {
                "film_id": f"{number % 600:026d}",
                "destination": f"pacs{number // 600}",
                "state": "parked" if later and number % 3 == 0 else "delivered",
                "begun": when,
                "updated": when,
            }
        )
    with records.database.write() as connection:
        connection.execute(sa.insert(deliveries), rows)
    monitor = monitor_of(records)
    sent = monitor.report(FakeScorer()).deliveries
    assert sent is not None
    assert (sent.films, sent.first_films, sent.first_parked) == (100, first, 0)
    raised = monitor.run(FakeScorer())
    assert [alarm.feature for alarm in raised] == ["deliveries"]


def test_a_report_is_plain_json_and_has_the_charts(records: Records) -> None:
    record(records.database, made_rows(FEW))
    report = monitor_of(records).report(FakeScorer())
    document = json.loads(json.dumps(report.to_json()))
    assert len(document["series"]["brixia"]) == FEW // 25
    assert document["films"] == FEW


def test_a_database_that_is_away_is_an_error_of_the_family(records: Records) -> None:
    monitor = monitor_of(records)
    with records.database.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE film_statistics"))
    with pytest.raises(StoreError):
        monitor.run(FakeScorer())


def test_a_film_row_has_a_column_for_every_figure() -> None:
    assert isinstance(made_rows(1)[0], FilmRow)
