"""The tables of a site's programme: films graded again, constancy, readers, reports."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from radiograde.service.database.tables import UtcDateTime, metadata

RegradingState = Literal["waiting", "done", "failed"]

regradings = sa.Table(
    "regradings",
    metadata,
    sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
    sa.Column("model", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("deliver", sa.Boolean, nullable=False),
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("begun", UtcDateTime),
    sa.Column("reason", sa.String(64)),
    sa.Column("graded", UtcDateTime),
    sa.Column("document", sa.JSON(none_as_null=True)),
    sa.Index("ix_regradings_state", "state", "film_id"),
)
"""Results that stand beside a film's own, by another model, and those that are to come.

``model``: its sha256. ``deliver``: the result takes the place of the film's own and goes out.
``begun``: when a worker last took it in hand. ``reason``: code why it failed. ``graded``: when the
analysis began. ``document``: the result's JSON.
"""

constancy_films = sa.Table(
    "constancy_films",
    metadata,
    sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
    sa.Column("sent", UtcDateTime, nullable=False),
)
"""UIDs of the drawn films that this installation sends itself."""

constancy_runs = sa.Table(
    "constancy_runs",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("day", sa.String(10), nullable=False, unique=True),
    sa.Column("began", UtcDateTime, nullable=False),
    sa.Column("ended", UtcDateTime),
    sa.Column("baseline", sa.Boolean, nullable=False),
    sa.Column("findings", sa.JSON(none_as_null=True)),
    sa.Column("measured", sa.JSON(none_as_null=True)),
)
"""Nights on which drawn films were sent. ``day``: local; of a run by hand its id beside it.

``baseline``: what later nights are compared with. ``findings``: None until it has ended.
"""

reading_sets = sa.Table(
    "reading_sets",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
)
"""Sets of films that several readers grade, blinded."""

reading_slots = sa.Table(
    "reading_slots",
    metadata,
    sa.Column("set_id", sa.String(26), sa.ForeignKey("reading_sets.id"), primary_key=True),
    sa.Column("reader", sa.String(64), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), nullable=False),
    sa.Column("again", sa.Boolean, nullable=False),
    sa.Column("read", UtcDateTime),
    sa.Column("zones", sa.JSON(none_as_null=True)),
    sa.Column("comment", sa.Text),
    sa.Index("ix_reading_slots_reader", "reader", "read"),
)
"""Each reader's films in the reader's order, and what the reader said; ``zones`` as of reviews."""

report_opinions = sa.Table(
    "report_opinions",
    metadata,
    sa.Column("study_instance_uid", sa.String(64), primary_key=True),
    sa.Column("says", sa.String(16), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("model", sa.String(64)),
    sa.Column("agrees", sa.Boolean),
    sa.Column("received", UtcDateTime, nullable=False),
)
"""What signed reports say of opacities, never their words. ``agrees``: with the ``model``."""

agreement_watches = sa.Table(
    "agreement_watches",
    metadata,
    sa.Column("model", sa.String(64), primary_key=True),
    sa.Column("reports", sa.Integer, nullable=False),
    sa.Column("agreed", sa.Integer, nullable=False),
    sa.Column("usual", sa.Float),
    sa.Column("sum", sa.Float, nullable=False),
    sa.Column("changed", UtcDateTime, nullable=False),
)
"""How each model agrees with signed reports; ``usual``: share before ``sum`` grew."""
