"""Films that came before their sources had a table of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from radiograde.service.database.engine import migrate, open_engine
from radiograde.service.database.tables import film_sources, films


def test_an_upgrade_fills_the_sources_of_the_films_there_are(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    engine = open_engine(url)
    migrate_down(engine)
    row = {
        "id": "1",
        "key": "k",
        "received": datetime.now(UTC),
        "source": "dicom",
        "size": 3,
        "state": "graded",
    }
    with engine.begin() as connection:
        connection.execute(sa.insert(films), row)
    migrate(engine)
    with engine.connect() as connection:
        assert list(connection.execute(sa.select(film_sources))) == [("1", "dicom")]


def migrate_down(engine: sa.Engine) -> None:
    """Bring a database back to before the table."""
    with engine.begin() as connection:
        connection.execute(sa.schema.DropTable(film_sources))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0003'"))
