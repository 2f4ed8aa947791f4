"""Two reports come in at the same moment, and two look for alarms: each is counted once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from radiograde.service.concordance.concordance_repository import ConcordanceRepository
from radiograde.service.concordance.report_opinion import ReportOpinion
from radiograde.service.grading.records import Records
from radiograde.service.monitoring.alarm_repository import Alarm, AlarmRepository

ROUNDS = 15
OPACITY = ReportOpinion("opacity", "en")

T = TypeVar("T")


def together(does: Callable[[int], T]) -> list[T]:
    """Return what two threads came to that began at once."""
    both = Barrier(2)

    def one(number: int) -> T:
        both.wait()
        return does(number)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(2)))


def test_the_first_two_reports_of_a_model_are_both_counted(installation: Records) -> None:
    repository = ConcordanceRepository(installation.database)
    for turn in range(ROUNDS):

        def record(number: int, turn: int = turn) -> bool:
            study, model = f"1.2.{turn}.{number}", f"{turn:064}"
            return repository.record(study, OPACITY, model, agrees=True)

        assert together(record) == [True, True]
    assert [(one.reports, one.agreed) for one in repository.watches()] == [(2, 2)] * ROUNDS


def test_a_study_that_is_reported_twice_at_once_counts_once(installation: Records) -> None:
    repository = ConcordanceRepository(installation.database)
    for turn in range(ROUNDS):

        def record(_: int, turn: int = turn) -> bool:
            return repository.record(f"1.2.{turn}", OPACITY, "a" * 64, agrees=True)

        assert sorted(together(record)) == [False, True]
    (watch,) = repository.watches()
    assert watch.reports == ROUNDS


def test_two_who_see_the_same_raise_one_alarm(installation: Records) -> None:
    alarms = AlarmRepository(installation.database)
    for turn in range(ROUNDS):

        def look(_: int, turn: int = turn) -> Alarm | None:
            with installation.database.write() as connection:
                return alarms.raise_once(connection, f"{turn:064}", "site:brixia", "p", stops=False)

        assert sum(one is not None for one in together(look)) == 1
    assert len(alarms.standing()) == ROUNDS
