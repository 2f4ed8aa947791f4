"""The tables of what is fetched from a PACS: earlier films, nightly passes, workitems."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from radiograde.service.database.tables import UtcDateTime, metadata

PriorState = Literal["waiting", "done", "failed"]
WorkitemState = Literal[
    "claiming", "claimed", "fetched", "canceling", "completed", "canceled", "lost", "failed"
]
"""The last four are ends: ``lost`` to another performer, ``failed`` to be said at the server."""

prior_fetches = sa.Table(
    "prior_fetches",
    metadata,
    sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
    sa.Column("patient", sa.String(26), nullable=False),
    sa.Column("study_instance_uid", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("begun", UtcDateTime, nullable=False),
    sa.Column("updated", UtcDateTime, nullable=False),
    sa.Column("films", sa.Integer, nullable=False),
    sa.Column("error", sa.String(64)),
    sa.Column("message", sa.Text),
    sa.Index("ix_prior_fetches_study", "patient", "study_instance_uid", unique=True),
    sa.Index("ix_prior_fetches_state", "state", "film_id"),
)
"""Earlier films that were asked for, once for each study of a patient. ``films``: that came."""

expected_priors = sa.Table(
    "expected_priors",
    metadata,
    sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
    sa.Column("patient", sa.String(26), nullable=False),
    sa.Column("asked", UtcDateTime, nullable=False),
    sa.Column("refused", sa.Boolean, nullable=False),
)
"""Films that a PACS is just now asked for; see :mod:`radiograde.service.films.expected_priors`."""

reconciliations = sa.Table(
    "reconciliations",
    metadata,
    sa.Column("pacs", sa.String(40), primary_key=True),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("began", UtcDateTime, nullable=False),
    sa.Column("error", sa.String(64)),
    sa.Column("summary", sa.JSON),
)
"""The last nightly pass with each PACS. ``day``: local; empty where it has to be done again."""

workitems = sa.Table(
    "workitems",
    metadata,
    sa.Column("worklist", sa.String(40), primary_key=True),
    sa.Column("uid", sa.String(64), primary_key=True),
    sa.Column("transaction_uid", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("films", sa.JSON, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("begun", UtcDateTime, nullable=False),
    sa.Column("due", UtcDateTime, nullable=False),
    sa.Column("error", sa.String(64)),
    sa.Column("message", sa.Text),
    sa.Index("ix_workitems_state", "state", "due"),
)
"""What was claimed from a worklist (UPS-RS). ``films``: SOP Instance UIDs of what it asks for.
``due``: when it is to be taken up; whoever takes it up sets it later, so that nobody else does."""
