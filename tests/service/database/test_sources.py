"""Films that came before their sources had a table of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from radiograde.service.database.engine import MIGRATIONS, migrate, open_engine
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
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
