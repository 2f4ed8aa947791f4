"""The tables of the database: films, results, deliveries, reviews.

Nothing in them names a patient: DICOM UIDs are the only link back to the study, and a pseudonym
tells which films are of the same patient.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

FilmState = Literal["waiting", "graded", "set_aside", "failed"]
DeliveryState = Literal["waiting", "delivered", "parked"]
NoticeState = Literal["waiting", "sent", "parked", "dropped"]
ProblemState = Literal["open", "sent", "answered", "closed"]
Verdict = Literal["accepted", "corrected", "not_gradable"]
ModelState = Literal["candidate", "shadow", "production", "retired"]
ModelAction = Literal[
    "added", "compared", "tested", "shadowed", "promoted", "rolled_back", "retired"
]

WithdrawalCode = Literal["quality", "patient_safety", "worklist_entry", "expired"]
"""Why a result was withdrawn: one of the titles of a rejection note, PS3.16 CID 7011."""

metadata = sa.MetaData()


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A date and time in UTC; SQLite gives it back without its zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return date and time with their zone."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(UTC)


results = sa.Table(
    "results",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("model_sha256", sa.String(64), nullable=False),
    sa.Column("image_sha256", sa.String),
    sa.Column("study_instance_uid", sa.String, index=True),
    sa.Column("sop_instance_uid", sa.String),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("recorded", UtcDateTime, nullable=False),
    sa.Column("severity", sa.String(16)),
    sa.Column("brixia", sa.Float),
    sa.Column("day", sa.String(10)),
    sa.Column("reviewed", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Index("ix_results_status", "status", "id"),
    sa.Index("ix_results_brixia", "brixia", "id", "day"),
    sa.Index("ix_results_severity", "severity", "id"),
    sa.Index("ix_results_rank", "severity", "brixia", "id", "day"),
    sa.Index("ix_results_day", "day", "brixia", "id", "severity"),
)
"""``day``: that of the film. ``reviewed``: a trigger on ``reviews`` keeps it."""

traces = sa.Table(
    "traces",
    metadata,
    sa.Column(
        "id", sa.String(26), sa.ForeignKey("results.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("document", sa.JSON, nullable=False),
)
"""How each result came about; those of versions before schema 0009 have none."""

films = sa.Table(
    "films",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("key", sa.String(160), nullable=False, unique=True),
    sa.Column("received", UtcDateTime, nullable=False),
    sa.Column("door", sa.String(16), key="source", nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sop_class_uid", sa.String(64)),
    sa.Column("sop_instance_uid", sa.String(64), index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(64)),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("kept", sa.Boolean, nullable=False, default=True),
    sa.Column("patient", sa.String(26)),
    sa.Column("taken", sa.String(19), key="acquired"),
    sa.Column("changed", UtcDateTime, nullable=False, default=_now, onupdate=_now, index=True),
    sa.Column("sent", UtcDateTime),
    sa.Column("sender", sa.String(64)),
    sa.Column("study_instance_uid", sa.String(64)),
    sa.Column("shares_uid_with", sa.String(26)),
    sa.Column("day", sa.String(10)),
    sa.Column("corrected", sa.String(64)),
    sa.Index("ix_films_state", "state", "id"),
    sa.Index("ix_films_patient", "patient", "id"),
    sa.Index("ix_films_taken", "acquired", "id"),
    sa.Index("ix_films_day", "day", "id"),
)
"""``day``: of acquisition, else of arrival; see :mod:`radiograde.service.films.film_days`.

``corrected``: the sha256 of the file that brought a corrected header, until the result is of it.
"""


def of_days(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return a column as it stands in indexes by it and by day.

    The other indexes that it is in do not fit, which SQLite would choose.
    """
    return sa.func.coalesce(column, sa.literal_column("''"))


def _index_where(name: str, where: Any, *columns: Any, sqlite_where: Any | None = None) -> None:
    """Make an index of the rows of which a condition is true; SQLite wants it word for word."""
    words = where if sqlite_where is None else sqlite_where
    sa.Index(name, *columns, sqlite_where=words, postgresql_where=where)


sa.Index("ix_results_severity_day", of_days(results.c.severity), results.c.day, results.c.id)
_index_where("ix_films_undated", films.c.acquired.is_(None), films.c.day, films.c.id)
_index_where(
    "ix_films_kept", films.c.kept, films.c.received, films.c.id, sqlite_where=sa.text("kept = 1")
)
_index_where(
    "ix_films_ungraded",
    sa.text("state <> 'graded'"),
    of_days(films.c.state),
    films.c.day,
    films.c.id,
)
_index_where(
    "ix_results_unscored",
    sa.text("status <> 'scored'"),
    of_days(results.c.status),
    results.c.day,
    results.c.id,
)
for _name, _columns in {
    "ix_results_reviewed": (results.c.id,),
    "ix_results_reviewed_day": (results.c.day, results.c.id),
    "ix_results_reviewed_rank": (results.c.brixia, results.c.id, results.c.day),
}.items():
    _index_where(_name, results.c.reviewed, *_columns, sqlite_where=sa.text("reviewed = 1"))

film_counts = sa.Table(
    "film_counts",
    metadata,
    sa.Column("state", sa.String(16), primary_key=True),
    sa.Column("share", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("films", sa.BigInteger, nullable=False),
)
"""How many films are in each state, the sum of all shares; triggers on ``films`` keep it."""

film_sources = sa.Table(
    "film_sources",
    metadata,
    sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
    sa.Column("source", sa.String(16), primary_key=True),
)
"""Every source that a film came by; ``films.source`` is the first."""

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
    sa.Column("destination", sa.String(40), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("starts", sa.Integer, nullable=False, default=0, server_default=sa.text("0")),
    sa.Column("begun", UtcDateTime, nullable=False),
    sa.Column("updated", UtcDateTime, nullable=False, index=True),
    sa.Column("error", sa.String(64)),
    sa.Column("message", sa.Text),
    sa.Column("kinds", sa.JSON(none_as_null=True)),
    sa.Column("priority", sa.Integer, nullable=False, default=5, server_default=sa.text("5")),
    sa.Index("ix_deliveries_state", "state", "film_id"),
)
"""``kinds``: of documents, null for all that the destination gets. ``priority``: 1 goes first."""

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("channel", sa.String(40), nullable=False),
    sa.Column("event", sa.String(16), nullable=False),
    sa.Column("key", sa.String(100), nullable=False),
    sa.Column("film_id", sa.String(26)),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("begun", UtcDateTime, nullable=False),
    sa.Column("updated", UtcDateTime, nullable=False),
    sa.Column("error", sa.String(64)),
    sa.Column("message", sa.Text),
    sa.UniqueConstraint("channel", "key"),
    sa.Index("ix_notices_state", "state"),
)
"""Events for channels. ``key``: what happened, once for each channel.

The queue has a table of the name ``notifications``.
"""

installation = sa.Table("installation", metadata, sa.Column("id", sa.String(26), primary_key=True))
"""One row: the id by which data directories know their database."""

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("seen", UtcDateTime, nullable=False),
)
"""Workers that live; ``seen``: when one last said so, by the clock of the database."""

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("result_id", sa.String(26), sa.ForeignKey("results.id"), nullable=False, index=True),
    sa.Column("reviewer", sa.String(64), nullable=False),
    sa.Column("created", UtcDateTime, nullable=False, index=True),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("zones", sa.JSON),
    sa.Column("comment", sa.Text),
)

problems = sa.Table(
    "problems",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("result_id", sa.String(26), nullable=False, index=True),
    sa.Column("reporter", sa.String(64), nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
    sa.Column("due", sa.String(10)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("changed", UtcDateTime, nullable=False),
)
"""The register of problems; an entry outlives its result. ``due``: a day."""

withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("result_id", sa.String(26), nullable=False, index=True),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("code", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("stands", sa.Boolean, nullable=False),
)
"""``stands``: the film's result is withdrawn; False once the film was graded again."""

sent_objects = sa.Table(
    "sent_objects",
    metadata,
    sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
    sa.Column("destination", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("sop_class_uid", sa.String(64)),
    sa.Column("series_instance_uid", sa.String(64)),
    sa.Column("study_instance_uid", sa.String(64)),
    sa.Column("began", UtcDateTime, nullable=False),
    sa.Column("sent", UtcDateTime, nullable=False),
    sa.Column("rejected", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Index("ix_sent_objects_name", "name"),
)
"""What destinations were sent: recorded before it is. ``began``: the analysis that it tells of."""

commitments = sa.Table(
    "commitments",
    metadata,
    sa.Column("transaction_uid", sa.String(64), primary_key=True),
    sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), nullable=False),
    sa.Column("destination", sa.String(40), nullable=False),
    sa.Column("begun", UtcDateTime, nullable=False),
    sa.Column("asked", UtcDateTime, nullable=False),
    sa.Column("objects", sa.JSON, nullable=False),
    sa.Column("outcome", sa.String(16)),
    sa.Index("ix_commitments_film", "film_id", "destination"),
)
"""Storage commitment that archives were asked for. ``begun``: the delivery's."""

models = sa.Table(
    "models",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("version", sa.String(60), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("added", UtcDateTime, nullable=False),
    sa.Column("added_by", sa.String(64), nullable=False),
    sa.Column("shadow_share", sa.Float),
)
"""Models of this site. At most one is in production; where none is, the settings name the model."""

model_events = sa.Table(
    "model_events",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("outcome", sa.String(16)),
    sa.Column("evidence", sa.String(64)),
    sa.Index("ix_model_events_model", "model", "id"),
)
"""Who did what with a model. ``evidence``: sha256 of the record that it rests on."""

patient_numbers = sa.Table(
    "patient_numbers",
    metadata,
    sa.Column("patient", sa.String(26), primary_key=True),
    sa.Column("number", sa.String(26), primary_key=True),
    sa.Column("issuer", sa.String(26), primary_key=True),
    sa.Index("ix_patient_numbers_number", "number"),
)
"""By which numbers other systems know a pseudonym: keyed digests; "" for an unknown issuer."""

patient_links = sa.Table(
    "patient_links",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("number", sa.String(26), nullable=False),
    sa.Column("issuer", sa.String(26), nullable=False),
    sa.Column("other_number", sa.String(26), nullable=False),
    sa.Column("other_issuer", sa.String(26), nullable=False),
    sa.Column("linked", sa.Boolean, nullable=False),
    sa.Column("occurred", sa.String(20), nullable=False),
    sa.UniqueConstraint(
        "number",
        "issuer",
        "other_number",
        "other_issuer",
        "linked",
        "occurred",
        name="uq_patient_links",
    ),
    sa.Index("ix_patient_links_other", "other_number"),
)
"""Every merge and unlink that was told, the last to occur holds: ``films/patient_links.py``."""
