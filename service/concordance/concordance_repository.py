"""The tables of signed reports: what each says, never its words; and how agreement goes on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from radiograde.service.concordance.agreement_watch import AgreementWatch
from radiograde.service.concordance.report_opinion import ReportOpinion
from radiograde.service.database.engine import Database
from radiograde.service.database.insert_missing import insert_missing
from radiograde.service.database.programme_tables import agreement_watches, report_opinions
from radiograde.service.database.rows import columns_of, first_of


@dataclass(frozen=True, slots=True)
class ModelAgreement:
    """How a model agrees with signed reports: the watch on it."""

    model: str
    reports: int
    agreed: int
    usual: float | None
    sum: float

    @property
    def watch(self) -> AgreementWatch:
        """The watch as it stands."""
        return AgreementWatch(self.reports, self.agreed, self.usual, self.sum)


@dataclass(frozen=True, slots=True)
class Concordance:
    """How many reports said something, nothing, or were of a film that was not scored."""

    counted: int
    unsure: int
    unscored: int


_WATCHES = sa.select(*columns_of(agreement_watches, ModelAgreement))


class ConcordanceRepository:
    """Keeps ``report_opinions`` and ``agreement_watches``; safe to share among processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, study_uid: str, opinion: ReportOpinion, model: str | None, *, agrees: bool | None
    ) -> bool:
        """Record what the report of a study says; return whether it counts.

        ``model``, ``agrees``: None where there is nothing to compare. A study counts once: what
        comes after, such as an addendum, replaces what the report says and changes no count.
        """
        row = {
            "study_instance_uid": study_uid,
            "says": opinion.says,
            "language": opinion.language,
            "model": model,
            "agrees": agrees,
            "received": datetime.now(UTC),
        }
        mine = report_opinions.c.study_instance_uid == study_uid
        with self._database.write() as connection:
            insert_missing(connection, report_opinions, row | {"model": None, "agrees": None})
            known = sa.select(report_opinions.c.agrees).where(mine).with_for_update()
            has_counted = connection.scalar(known) is not None
            connection.execute(sa.update(report_opinions).where(mine).values(row))
            if model is None or agrees is None or has_counted:
                return False
            _count(connection, model, agrees=agrees)
        return True

    def watches(self) -> list[ModelAgreement]:
        """Return the watch on each model."""
        return self._database.rows(_WATCHES.order_by(agreement_watches.c.changed), ModelAgreement)

    def reset(self, model: str) -> None:
        """Begin anew with a model: the next reports say what is usual."""
        with self._database.write() as connection:
            mine = agreement_watches.c.model == model
            connection.execute(sa.delete(agreement_watches).where(mine))

    def summary(self) -> Concordance:
        """Return how many reports came to what."""

        def count(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
            query = sa.select(sa.func.count()).select_from(report_opinions)
            return query.where(*conditions).scalar_subquery()

        is_unsure = report_opinions.c.says == "unsure"
        counts = {
            "counted": count(report_opinions.c.agrees.is_not(None)),
            "unsure": count(is_unsure),
            "unscored": count(report_opinions.c.agrees.is_(None), ~is_unsure),
        }
        columns: list[sa.ColumnElement[Any]] = [one.label(name) for name, one in counts.items()]
        query = sa.select(*columns)
        return self._database.rows(query, Concordance)[0]


def _count(connection: sa.Connection, model: str, *, agrees: bool) -> None:
    mine = agreement_watches.c.model == model
    now = datetime.now(UTC)
    begun = {**asdict(AgreementWatch()), "model": model, "changed": now}
    insert_missing(connection, agreement_watches, begun)
    known = first_of(connection, _WATCHES.where(mine).with_for_update(), ModelAgreement)
    watch = (AgreementWatch() if known is None else known.watch).after(agrees=agrees)
    connection.execute(
        sa.update(agreement_watches).where(mine).values(**asdict(watch), changed=now)
    )
