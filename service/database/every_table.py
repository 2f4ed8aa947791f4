"""Every table of the database; ``metadata`` alone has those of modules that were imported."""

from __future__ import annotations

import sqlalchemy as sa

from radiograde.service.database import (
    account_tables,
    erasure_tables,
    monitor_tables,
    pacs_tables,
    programme_tables,
    project_tables,
    reading_tables,
)
from radiograde.service.database.tables import metadata

MODULES = (
    account_tables,
    erasure_tables,
    monitor_tables,
    pacs_tables,
    programme_tables,
    project_tables,
    reading_tables,
)


def every_table() -> list[sa.Table]:
    """Return all tables, those that others refer to first."""
    return metadata.sorted_tables
