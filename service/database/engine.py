"""The database: opening it, bringing its tables up to date, reading and writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from radiograde.service.config.settings import Settings
from radiograde.service.database.connection_pools import (
    RESULTS_KEPT,
    RESULTS_MOST,
    pool_options,
    refuse_transaction_pooling,
)
from radiograde.service.database.rows import Row, first_of, rows_of
from radiograde.service.errors import ContradictionError, NoDatabaseError, StoreError

MIGRATIONS = Path(__file__).parent / "migrations"

Value = TypeVar("Value")

_BEGIN = "sqlite_begin"
_MIGRATION_LOCK = 7_263_411_846


class Database:
    """One database; safe to share among threads."""

    def __init__(self, url: str, *, upgrade: bool = False) -> None:
        """Open the database at a SQLAlchemy URL; see :func:`open_engine`.

        Raises:
            StoreError: it cannot be opened.
        """
        self.url = url
        self.engine = open_engine(url, upgrade=upgrade)

    def close(self) -> None:
        """Give the connections back; the database is not to be used afterwards."""
        self.engine.dispose()

    def ping(self) -> None:
        """Return when the database answers. Raises StoreError when it does not."""
        self.exists(sa.select(sa.literal(1)))

    def rows(self, query: sa.Select[Any], row: Callable[..., Row]) -> list[Row]:
        """Return what a query finds, each as a ``row``: see :mod:`..database.rows`.

        Raises:
            StoreError: the database does not answer.
        """
        with self.reading() as connection:
            return rows_of(connection, query, row)

    def first(self, query: sa.Select[Any], row: Callable[..., Row]) -> Row | None:
        """Return the first row that a query finds, None where it finds none. Raises StoreError."""
        with self.reading() as connection:
            return first_of(connection, query, row)

    def values(self, query: sa.Select[Any], kind: Callable[[Any], Value]) -> list[Value]:
        """Return what a query for one column finds, each as a ``kind``. Raises StoreError."""
        with self.reading() as connection:
            return [kind(value) for value in connection.scalars(query)]

    def exists(self, query: sa.Select[Any]) -> bool:
        """Return whether a query finds anything. Raises StoreError."""
        with self.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection to read by. Raises StoreError: the database does not answer."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise _unavailable(error) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose transaction is committed at the end of the ``with`` block.

        Raises:
            ContradictionError: what was written contradicts a constraint; nothing was written.
            StoreError: the database does not answer; nothing was written.
        """
        try:
            # A writer that began by reading could not wait for its turn in SQLite.
            with self.engine.execution_options(**{_BEGIN: "IMMEDIATE"}).begin() as connection:
                yield connection
        except IntegrityError as error:
            raise ContradictionError(
                "The results store refuses what was to be recorded. If another version of the "
                "program has changed its tables, start this one anew in that version."
            ) from error
        except SQLAlchemyError as error:
            raise _unavailable(error) from error


def open_database(settings: Settings, *, create: bool = True, upgrade: bool = False) -> Database:
    """Return the database of an installation; data directory and database are made if missing.

    ``create``: False for who only reads. ``upgrade``: as of :func:`open_engine`.

    Raises:
        NoDatabaseError: it is missing, and is not to be made.
        StoreError: the directory cannot be made, or the database cannot be opened.
    """
    if not create and not has_database(settings):
        raise NoDatabaseError(
            f"There is no database in {settings.data_dir}: nothing was kept there so far. "
            "Name another place with --data-dir or RADIOGRADE_DATA_DIR."
        )
    try:
        settings.data_dir.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The data directory {settings.data_dir} cannot be made ({error.strerror}). "
            "Choose another with --data-dir or RADIOGRADE_DATA_DIR."
        ) from error
    return Database(settings.store_url, upgrade=upgrade)


def has_database(settings: Settings) -> bool:
    """Return whether an installation has a database; one on a server counts as there.

    Raises:
        StoreError: that cannot be looked at.
    """
    try:
        url = make_url(settings.store_url)
    except ArgumentError:
        return True  # opening it says what is wrong with it
    if url.get_backend_name() != "sqlite" or not url.database:
        return True
    try:
        Path(url.database).stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(
            f"The data directory {settings.data_dir} cannot be read ({error.strerror}). "
            "Choose another with --data-dir or RADIOGRADE_DATA_DIR."
        ) from error
    return True


def _unavailable(error: SQLAlchemyError) -> StoreError:
    return StoreError(
        f"The results store does not answer ({type(error).__name__}). Try again shortly."
    )


def open_engine(url: str, *, upgrade: bool = False) -> Engine:
    """Return an engine on an up-to-date database; an empty one gets its tables.

    ``upgrade``: bring the tables of an older version up to date; without, they are left alone.

    Raises:
        StoreError: the URL is malformed, its driver is not installed, the database cannot be
            reached or written, a pooler in between keeps no sessions, a newer version of the
            program made it, or an older one did and it is not to be changed.
    """
    try:
        pool = pool_options(url, RESULTS_KEPT, RESULTS_MOST)
        engine = create_engine(url, connect_args=connect_args(url), pool_pre_ping=True, **pool)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"The database driver is not installed: pip install {error.name}."
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        # The URL may hold a password: it stays out of the message.
        raise StoreError(
            "RADIOGRADE_DATABASE_URL is not a database URL. "
            "Write sqlite:////path/file.sqlite or postgresql+psycopg://user@host/name."
        ) from error
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    try:
        _check_schema(engine, upgrade=upgrade)
    except StoreError:
        engine.dispose()
        raise
    return engine


def _check_schema(engine: Engine, *, upgrade: bool) -> None:
    """Make missing tables, bring older ones up to date if need be. Raises StoreError."""
    steps = ScriptDirectory(str(MIGRATIONS))
    newest = steps.get_current_head()
    try:
        if engine.dialect.name == "postgresql":
            refuse_transaction_pooling(engine)
        with engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise _unopened(error) from error
    if present == newest:
        return
    known = {step.revision for step in steps.walk_revisions()}
    if present is not None and present in known and not upgrade:
        raise StoreError(
            f"The results store is of an older version (schema {present}; this program needs "
            f"{newest}). Back it up, then run: radiograde migrate."
        )
    migrate(engine)


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the tables up to ``revision``; processes that start together take turns.

    Raises:
        StoreError: see :func:`open_engine`.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with (
            engine.execution_options(**{_BEGIN: "IMMEDIATE"}).connect() as connection,
            _without_foreign_keys(connection),
            connection.begin(),
        ):
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except CommandError as error:
        raise StoreError(
            "The results store was made by a newer version. Install that version, "
            "or choose another --data-dir."
        ) from error
    except SQLAlchemyError as error:
        raise _unopened(error) from error


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Let SQLite put a new table in the place of one that others refer to.

    sqlite.org/lang_altertable.html, section 7: to be set outside of the transaction.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.cursor()
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _unopened(error: SQLAlchemyError) -> StoreError:
    return StoreError(
        f"The results store cannot be opened ({type(error).__name__}). Check that the "
        "database runs, or that the data directory can be written, or choose another "
        "with --data-dir."
    )


def connect_args(url: str) -> dict[str, float]:
    """Return how to connect: a writer of SQLite waits for its turn."""
    return {"timeout": 30.0} if url.startswith("sqlite") else {}


def prepare_sqlite(engine: Engine, synchronous: str = "FULL") -> None:
    """Set write-ahead logging, foreign keys, and transactions that hold DDL too.

    pysqlite begins transactions late and never before DDL; this is SQLAlchemy's own recipe
    (dialect documentation, "Serializable isolation / Savepoints / Transactional DDL").
    """

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get(_BEGIN, "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")
