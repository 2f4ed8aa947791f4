"""The tables of a site's programme beside its models: films graded by another model."""

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
