"""The tables of what is watched: films in figures, alarms, and gradings by a model in shadow."""

from __future__ import annotations

import sqlalchemy as sa

from radiograde.service.database.tables import UtcDateTime, metadata

film_statistics = sa.Table(
    "film_statistics",
    metadata,
    sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
    sa.Column("graded", UtcDateTime, nullable=False),
    sa.Column("model_sha256", sa.String(64), nullable=False),
    sa.Column("outcome", sa.String(64), nullable=False),
    sa.Column("view", sa.String(16)),
    sa.Column("machine", sa.String(100)),
    sa.Column("age", sa.Float),
    sa.Column("brixia", sa.Float),
    sa.Column("geographic_extent", sa.Float),
    sa.Column("opacity", sa.Float),
    sa.Column("spread", sa.Float),
    sa.Column("frontal", sa.Float),
    sa.Column("dark", sa.Float),
    sa.Column("middle", sa.Float),
    sa.Column("bright", sa.Float),
    sa.Column("grain", sa.Float),
    sa.Column("shown", sa.Float),
    sa.Index("ix_film_statistics_graded", "graded", "film_id"),
)
"""What is watched of each graded film. ``machine``: maker and model. ``spread``: how far the
network's passes disagree. ``frontal``: the input check's probability. Then the film's levels."""

alarms = sa.Table(
    "alarms",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("key", sa.String(160), nullable=False, unique=True),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("feature", sa.String(32), nullable=False),
    sa.Column("against", sa.String(16), nullable=False),
    sa.Column("raised", UtcDateTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("stops", sa.Boolean, nullable=False),
    sa.Column("by", sa.String(64)),
    sa.Column("cleared", UtcDateTime),
    sa.Column("cleared_by", sa.String(64)),
    sa.Column("new_normal", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Index("ix_alarms_model", "model", "cleared"),
)
"""What was noticed. ``key``: of one that stands what it is about, else its id. ``stops``: the model
is set aside until it is cleared. ``by``: who stopped the model by hand. ``new_normal``: films since
are what later ones are compared with."""

shadow_gradings = sa.Table(
    "shadow_gradings",
    metadata,
    sa.Column("film_id", sa.String(26), sa.ForeignKey("films.id"), primary_key=True),
    sa.Column("model", sa.String(64), primary_key=True),
    sa.Column("graded", UtcDateTime, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("beside", sa.String(64)),
)
"""What a candidate made of live films; nothing else knows of it. ``beside``: sha256 of the model
that the film's result was of."""
