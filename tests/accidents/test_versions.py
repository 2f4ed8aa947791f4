"""A database's version changes with whatever is committed, on both databases, and else stays."""

from __future__ import annotations

from contextlib import closing

import sqlalchemy as sa

from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import open_database
from radiograde.service.database.version import DatabaseVersion
from radiograde.service.grading.records import Records
from tests.service.worklist.stock import Stock


def test_a_version_stands_for_what_is_seen(installation: Records, settings: Settings) -> None:
    with closing(DatabaseVersion(installation.database)) as version:
        first = version.now()
        assert version.now() == first
        film = Stock(installation).film()
        second = version.now()
        assert second != first
        with closing(open_database(settings)) as other, other.write() as connection:
            connection.execute(
                sa.text("UPDATE films SET sender = 'CT' WHERE id = :id"), {"id": film}
            )
            before = version.now()
        assert version.now() not in (first, before)
