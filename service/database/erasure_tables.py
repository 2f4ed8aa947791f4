"""The table of erasures: what is being removed of a patient, and the certificates of what was."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from radiograde.service.database.tables import UtcDateTime, metadata

ErasureState = Literal["begun", "done"]
ErasureScope = Literal["all", "keep_results"]

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("asked", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("work", sa.JSON(none_as_null=True)),
    sa.Column("certificate", sa.JSON(none_as_null=True)),
    sa.Index("ix_erasures_state", "state", "id"),
)
"""``work``: ids, UIDs and digests of what is to go, until it is gone; no patient in words.
``certificate``: from then on; it names no patient."""
