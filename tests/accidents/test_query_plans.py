"""Every list is found by an index, on one database and on the other: none is read as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from radiograde.model.limits import Limits
from radiograde.service.films.film_days import fill_days
from radiograde.service.grading.records import Records
from radiograde.service.worklist.change_log import ChangeLog
from radiograde.service.worklist.cursor import Order
from radiograde.service.worklist.day_merge import DAY_ORDERS, best_of_days
from radiograde.service.worklist.delivery_states import DeliveryStates
from radiograde.service.worklist.filters import Filters, Search
from radiograde.service.worklist.patient_labels import PatientLabels
from radiograde.service.worklist.worklist import Worklist
from tests.service.worklist.stock import PATIENT, Stock

LONG_AGO, LATELY = date(2020, 1, 1), date.today() - timedelta(days=3)
SEVERE: Any = frozenset({"severe"})
TWO: Any = frozenset({"severe", "mild"})
BOTH: Any = frozenset({"scored", "rejected"})
PAGES: dict[str, tuple[Order, Filters]] = {
    "newest": ("newest", Filters()),
    "until": ("newest", Filters(until=LATELY)),
    "long": ("newest", Filters(since=LONG_AGO, until=LATELY)),
    "week": ("newest", Filters(since=LATELY)),
    "severity": ("newest", Filters(severity=SEVERE)),
    "severities until": ("newest", Filters(severity=TWO, until=LATELY)),
    "statuses": ("newest", Filters(status=BOTH)),
    "rejected until": ("newest", Filters(status=frozenset({"rejected"}), until=LATELY)),
    "failed": ("newest", Filters(status=frozenset({"failed"}))),
    "failed until": ("newest", Filters(status=frozenset({"failed"}), until=LATELY)),
    "reviewed": ("newest", Filters(reviewed=True)),
    "reviewed until": ("newest", Filters(reviewed=True, severity=SEVERE, until=LATELY)),
    "severest reviewed": ("severest", Filters(reviewed=True)),
    "severest reviewed until": ("severest", Filters(reviewed=True, until=LATELY)),
    "not reviewed": ("newest", Filters(reviewed=False)),
    "severest": ("severest", Filters()),
    "severest week": ("severest", Filters(since=LATELY)),
    "severest week of a severity": ("severest", Filters(since=LATELY, severity=SEVERE)),
    "severest until": ("severest", Filters(until=LATELY)),
    "severest of severities": ("severest", Filters(severity=TWO)),
    "severest of a status": ("severest", Filters(status=frozenset({"scored"}))),
    "acquired": ("acquired", Filters()),
    "acquired until": ("acquired", Filters(until=LATELY)),
    "acquired of a severity": ("acquired", Filters(severity=SEVERE, until=LATELY)),
}
"""A page of each is read along an index; only the days of a span, and a few films, are sorted."""

FEW: dict[str, tuple[Order, Filters]] = {
    "ids": ("newest", Filters(ids=["01JARADMZ00000000000000000"], until=LATELY)),
    "search": ("newest", Filters(search=Search(PATIENT[:6], by_uid=True))),
    "severest search": ("severest", Filters(search=Search(PATIENT[:6]), since=LATELY)),
}
"""Only a few films can match, which are sorted."""

NARROW: dict[str, tuple[Filters, str]] = {
    "of a severity": (Filters(severity=SEVERE, until=LATELY), "ix_results_severity_day"),
    "rejected": (Filters(status=frozenset({"rejected"}), until=LATELY), "ix_results_unscored"),
    "failed": (Filters(status=frozenset({"failed"}), until=LATELY), "ix_films_ungraded"),
    "reviewed": (Filters(reviewed=True, until=LATELY), "ix_results_reviewed_day"),
}
"""Films of which there are few, of many days, and the index that holds no others."""

SORTS_FEW = re.compile(r"WITH RECURSIVE|FROM (reviews|deliveries)\b|\bIN \([^)]*,")


def test_lists_are_read_along_their_indexes(installation: Records) -> None:
    stocked(installation)
    worklist = worklist_of(installation)
    asked: dict[str, Callable[[], object]] = {
        name: partial(worklist.page, filters, order, 2)
        for name, (order, filters) in (PAGES | FEW).items()
    }
    jobs, films = installation.jobs, installation.films
    changes = ChangeLog(installation.database)
    asked |= {
        "jobs": lambda: jobs.page(2),
        "graded jobs": lambda: jobs.page(2, state="graded"),
        "parked jobs": lambda: jobs.page(2, state="parked"),
        "counts": jobs.counts,
        "results": lambda: installation.results.page(2),
        "scored results": lambda: installation.results.page(2, status="scored"),
        "expired": lambda: films.expired(timedelta(0), 2),
        "set aside": lambda: films.expired(timedelta(0), 2, state="set_aside"),
        "size of what was set aside": lambda: films.size_of("set_aside"),
        "changes": changes.poll,
        "days": lambda: fill_days(installation.database),
    }
    faults = {
        name: found
        for name, ask in asked.items()
        if (found := list(faults_of(installation, ask, sorts=name in FEW)))
    }
    assert faults == {}


@pytest.mark.parametrize("name", NARROW)
def test_what_is_rare_is_found_by_day_among_its_own(installation: Records, name: str) -> None:
    filters, index = NARROW[name]
    database = installation.database
    stocked(installation)
    days = ["2026-02-01", "2026-02-02", "2026-02-03"]
    order = DAY_ORDERS[0]
    queries = [best_of_days(order, filters, None)]
    # PostgreSQL knows how many films there are, and sorts those of several days.
    counts = (1, 3) if database.engine.dialect.name == "sqlite" else (1,)
    queries += [order.ask(replace(filters, days=days[:count]), 2, None) for count in counts]
    for query in queries:
        with statements_of(database.engine) as asked, database.reading() as connection:
            connection.execute(query)
        ((statement, values),) = asked
        plan = plan_of(database.engine, statement, values)
        used = set(re.findall(r"\bix_(?:films|results)_\w+", plan))
        assert used == {index}, f"{statement}\n{plan}"


def stocked(records: Records) -> None:
    stock = Stock(records)
    for severity, day in (("severe", "2026-02-01"), ("mild", "2026-02-02"), ("severe", None)):
        stock.reviewed(stock.scored(5.0, severity, acquired=day, patient=PATIENT))
    stock.rejected()
    stock.failed()
    stock.film()


def worklist_of(records: Records) -> Worklist:
    states = DeliveryStates(records.database, has_destinations=True)
    labels = PatientLabels(records.archive, "none", Limits())
    return Worklist(records.database, records.reviews, states, labels)


def faults_of(records: Records, ask: Callable[[], object], *, sorts: bool) -> Iterator[str]:
    """Yield the statements that read a whole table, or sort what they find."""
    with statements_of(records.database.engine) as asked:
        ask()
    for statement, values in asked:
        plan = plan_of(records.database.engine, statement, values)
        counts = "" if "count(" in statement else "(?! USING)"
        whole = re.search(rf"SCAN (films|results|reviews|deliveries){counts}|Seq Scan on", plan)
        is_sorted = bool(re.search(r"TEMP B-TREE FOR (ORDER|LAST)|Sort Key", plan))
        is_sorted = is_sorted and not sorts and not SORTS_FEW.search(statement)
        if is_sorted or (whole and "film_counts" not in statement):
            yield f"{statement}\n{plan}"


@contextmanager
def statements_of(engine: sa.Engine) -> Iterator[list[tuple[str, Any]]]:
    """Give the queries of the ``with`` block, with their values."""
    asked: list[tuple[str, Any]] = []

    def note(*call: Any) -> None:
        if call[2].lstrip().startswith(("SELECT", "WITH", "UPDATE")):
            asked.append((call[2], call[3]))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def plan_of(engine: sa.Engine, statement: str, values: Any) -> str:
    """Return what the database would do; PostgreSQL as if tables were large and sorting dear."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            return "\n".join(row[3] for row in rows)
        for costly in ("seqscan", "sort", "bitmapscan", "hashjoin", "mergejoin", "hashagg"):
            connection.exec_driver_sql(f"SET LOCAL enable_{costly} = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
        return "\n".join(row[0] for row in rows)
