"""An installation from before there were users comes along, and keeps what it has."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from radiograde.service.auth.access import open_access
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import MIGRATIONS, open_engine
from tests.service.accounts import QUICK


def to(url: str, revision: str) -> None:
    """Bring a database to a revision, up or down."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        names = sa.inspect(connection).get_table_names()
        move = command.downgrade if "users" in names else command.upgrade
        move(config, revision)
    engine.dispose()


def test_users_come_after_an_upgrade_and_go_with_a_downgrade(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    to(settings.store_url, "0002")
    with sa.create_engine(settings.store_url).connect() as connection:
        assert "users" not in sa.inspect(connection).get_table_names()
    with open_access(settings, upgrade=True) as access:
        assert not access.is_guarded()
        access.users.add("kim", "administrator", QUICK.hash("whatever it is"))
        key = access.keys.add("orthanc", "sender")
    with open_access(settings) as access:
        assert access.users.has_administrator()
        assert access.keys.find(key) is not None
    to(settings.store_url, "0002")
    open_engine(settings.store_url, upgrade=True).dispose()
    with open_access(settings) as access:
        assert not access.is_guarded()
