"""The tables of who reads a film, and of what readers graded before they were shown a score."""

from __future__ import annotations

import sqlalchemy as sa

from radiograde.service.database.tables import UtcDateTime, metadata

blind_readings = sa.Table(
    "blind_readings",
    metadata,
    sa.Column("film_id", sa.String(26), primary_key=True),
    sa.Column("reader", sa.String(64), primary_key=True),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("zones", sa.JSON),
    sa.Column("comment", sa.Text),
)
"""What readers graded before they were shown a score; ``zones``: null of a film not gradable."""

assignments = sa.Table(
    "assignments",
    metadata,
    sa.Column("film_id", sa.String(26), primary_key=True),
    sa.Column("reader", sa.String(64)),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Index("ix_assignments_reader", "reader", "film_id"),
)
"""Who is to read a film; ``reader``: null once it was released, or the reader is no user."""
