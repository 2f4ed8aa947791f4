"""Which data directory belongs to which database: an id that lies in both.

Films beside a database that does not know them would look like rubbish, and rows beside an empty
folder like films: such a pair is refused.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from ulid import ULID

from radiograde.service.atomic_write import write_atomically
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import films, installation
from radiograde.service.errors import StoreError

DATABASE_ID = "database-id"
"""File in the data directory."""


def bind(database: Database, data_dir: Path) -> None:
    """Note in a data directory which database is its own, or see that this one is.

    A database without an id takes the directory's if it has films, as one of an older version
    does, or if there are none.

    Raises:
        StoreError: the directory belongs to another database, or the id cannot be kept.
    """
    file = data_dir / DATABASE_ID
    try:
        noted = file.read_text().strip() if file.exists() else None
        present = _id_of(database) or _give_id(database, noted, data_dir)
        if noted is None:
            write_atomically(file, present.encode())
        elif present != noted:
            raise StoreError(
                f"The films in {data_dir} belong to another database. Point "
                "RADIOGRADE_DATABASE_URL at it; or take it along with `radiograde migrate "
                f"--from URL`; or remove {file}, and this database adopts the films."
            )
    except OSError as error:
        raise StoreError(
            f"{error.filename or file} cannot be used ({error.strerror}). "
            "Start every process of the installation as the same user."
        ) from error


def _id_of(database: Database) -> str | None:
    found = database.values(sa.select(installation.c.id), str)
    return found[0] if found else None


def _give_id(database: Database, noted: str | None, data_dir: Path) -> str:
    """Return the id that the database has from now on; processes that start together take turns."""
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("LOCK TABLE installation IN EXCLUSIVE MODE"))
        present = connection.scalar(sa.select(installation.c.id))
        if present is not None:
            return str(present)
        has_films = connection.execute(sa.select(films.c.id).limit(1)).first() is not None
        fits = has_films or next((data_dir / "films").glob("??/*"), None) is None
        id = noted if noted is not None and fits else str(ULID())
        connection.execute(sa.insert(installation).values(id=id))
    return id
