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


def bind(database: Database, data_dir: Path, *, shares_films: bool = False) -> None:
    """Note in a data directory which database is its own, or see that this one is.

    A database without an id takes the directory's if it has films, as one of an older version
    does, or if there are none. One on a server that has an id already has its directory: another
    one, in which no films lie, is that of a second host that does not share them.
    ``shares_films``: hosts share them otherwise, and each has a directory of its own.

    Raises:
        StoreError: the directory belongs to another database, the database has another directory,
            or the id cannot be kept.
    """
    file = data_dir / DATABASE_ID
    try:
        present = _id_of(database)
        noted = _noted(file)  # read afterwards: it is written before the id
        if present is None:
            present = _give_id(database, noted, data_dir)
        elif noted is None and not shares_films and _is_elsewhere(database, data_dir):
            raise StoreError(
                f"The films of this database lie in another data directory than {data_dir}. "
                "Share that one: every host needs all films. If they are lost for good, write "
                f"{present} into {file}."
            )
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


def database_id(database: Database) -> str:
    """Return by which id data directories know a database that is bound. Raises StoreError."""
    return _id_of(database) or ""


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
        fits = has_films or not _has_films(data_dir)
        id = noted if noted is not None and fits else str(ULID())
        if noted is None:  # before others see that the database has one
            write_atomically(data_dir / DATABASE_ID, id.encode())
        connection.execute(sa.insert(installation).values(id=id))
    return id


def _is_elsewhere(database: Database, data_dir: Path) -> bool:
    """Return whether the films of a database on a server lie in another directory."""
    return database.engine.dialect.name != "sqlite" and not _has_films(data_dir)


def _noted(file: Path) -> str | None:
    return file.read_text().strip() if file.exists() else None


def _has_films(data_dir: Path) -> bool:
    return next((data_dir / "films").glob("??/*"), None) is not None
