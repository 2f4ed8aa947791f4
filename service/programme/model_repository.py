"""The tables of a site's models, and of who did what with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import sqlalchemy as sa
from ulid import ULID

from radiograde.model.scoring.result import ModelFacts
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of, first_of
from radiograde.service.database.tables import (
    ModelAction,
    ModelState,
    model_events,
    models,
)

LEAST_LETTERS = 6
"""Of a digest that names a model."""


@dataclass(frozen=True, slots=True)
class SiteModel:
    """A model of the site, by the sha256 of its file.

    ``shadow_share``: of live films that it grades in shadow, 0-1.
    """

    sha256: str
    name: str
    version: str
    state: ModelState
    added: datetime
    added_by: str
    shadow_share: float | None = None


@dataclass(frozen=True, slots=True)
class ModelEvent:
    """Who did what with a model. ``outcome``: a verdict. ``evidence``: sha256 of its record."""

    id: str
    model: str
    at: datetime
    by: str
    action: ModelAction
    outcome: str | None = None
    evidence: str | None = None


_MODELS = sa.select(*columns_of(models, SiteModel))
_EVENTS = sa.select(*columns_of(model_events, ModelEvent))
_PRODUCTION = _MODELS.where(models.c.state == "production")
IN_SHADOW = _MODELS.where(models.c.state == "shadow")


class ModelRepository:
    """Keeps ``models`` and ``model_events``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[SiteModel]:
        """Return every model, the last added first."""
        return self._database.rows(_MODELS.order_by(models.c.added.desc()), SiteModel)

    def named(self, digest: str) -> list[SiteModel]:
        """Return the models whose sha256 begins so."""
        return [model for model in self.all() if model.sha256.startswith(digest.lower())]

    def production(self) -> SiteModel | None:
        """Return the model in production; None where the settings name it."""
        return self._database.first(_PRODUCTION, SiteModel)

    def events(self, sha256: str) -> list[ModelEvent]:
        """Return what was done with a model, the last first."""
        query = _EVENTS.where(model_events.c.model == sha256)
        return self._database.rows(query.order_by(model_events.c.at.desc()), ModelEvent)

    def add(self, facts: ModelFacts, by: str) -> bool:
        """Record a model as a candidate; False where it is known already."""
        with self._database.write() as connection:
            if first_of(connection, _MODELS.where(models.c.sha256 == facts.sha256), SiteModel):
                return False
            row = {
                "sha256": facts.sha256,
                "name": facts.name,
                "version": facts.version,
                "state": "candidate",
                "added": datetime.now(UTC),
                "added_by": by,
            }
            connection.execute(sa.insert(models), row)
            _record(connection, facts.sha256, by, "added")
        return True

    def record(
        self, sha256: str, by: str, action: ModelAction, outcome: str, evidence: str
    ) -> None:
        """Record what a test of a model came to."""
        with self._database.write() as connection:
            _record(connection, sha256, by, action, outcome, evidence)

    def promote(self, sha256: str, by: str, evidence: str) -> None:
        """Put a model into production, and retire the one that was there."""
        with self._database.write() as connection:
            _leave_production(connection)
            _set(connection, sha256, "production")
            _record(connection, sha256, by, "promoted", evidence=evidence)

    def shadow(self, sha256: str, by: str, share: float) -> None:
        """Put a model into shadow, and the one that was there back; a ``share`` of 0 ends it."""
        with self._database.write() as connection:
            leaving = sa.update(models).where(models.c.state == "shadow")
            connection.execute(leaving.values(state="candidate", shadow_share=None))
            if share > 0:
                own = sa.update(models).where(models.c.sha256 == sha256)
                connection.execute(own.values(state="shadow", shadow_share=share))
            _record(connection, sha256, by, "shadowed", outcome=f"{share:.0%}")

    def roll_back(self, by: str) -> tuple[SiteModel, SiteModel | None] | None:
        """Retire the model in production for the one before; return both.

        None where none is in production. The second is None where the settings named the model.
        """
        with self._database.write() as connection:
            current = first_of(connection, _PRODUCTION, SiteModel)
            if current is None:
                return None
            before = _before(connection, current.sha256)
            _leave_production(connection)
            if before is not None:
                _set(connection, before.sha256, "production")
            _record(connection, current.sha256, by, "rolled_back")
        after = None if before is None else replace(before, state="production")
        return replace(current, state="retired"), after

    def retire(self, sha256: str, by: str) -> None:
        """Take a model out of use for good."""
        with self._database.write() as connection:
            _set(connection, sha256, "retired")
            _record(connection, sha256, by, "retired")


def _before(connection: sa.Connection, current: str) -> SiteModel | None:
    """Return the model that was in production before the current one came.

    Neither one that was rolled back nor one that is out of use is gone back to.
    """
    promoted = _EVENTS.where(model_events.c.action == "promoted")
    events = connection.execute(promoted.order_by(model_events.c.at.desc())).mappings()
    seen = [event["model"] for event in events]
    for sha256 in seen[seen.index(current) + 1 :] if current in seen else []:
        last = first_of(
            connection,
            _EVENTS.where(
                model_events.c.model == sha256,
                model_events.c.action.in_(("promoted", "rolled_back", "retired")),
            ).order_by(model_events.c.at.desc()),
            ModelEvent,
        )
        if sha256 != current and last is not None and last.action == "promoted":
            return first_of(connection, _MODELS.where(models.c.sha256 == sha256), SiteModel)
    return None


def _leave_production(connection: sa.Connection) -> None:
    # Of two who promote at once the second waits, and then sees what the first has promoted.
    connection.execute(sa.select(models.c.sha256).with_for_update())
    leaving = sa.update(models).where(models.c.state == "production")
    connection.execute(leaving.values(state="retired"))


def _set(connection: sa.Connection, sha256: str, state: ModelState) -> None:
    own = sa.update(models).where(models.c.sha256 == sha256)
    connection.execute(own.values(state=state, shadow_share=None))


def _record(
    connection: sa.Connection,
    sha256: str,
    by: str,
    action: ModelAction,
    outcome: str | None = None,
    evidence: str | None = None,
) -> None:
    made = ModelEvent(str(ULID()), sha256, datetime.now(UTC), by, action, outcome, evidence)
    row = {name: getattr(made, name) for name in ModelEvent.__slots__}
    connection.execute(sa.insert(model_events), row)
