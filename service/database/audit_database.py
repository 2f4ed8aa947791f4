"""Where the audit trail lies, and copying it as a whole."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from radiograde.service.config.settings import Settings
from radiograde.service.database.audit_tables import audit_base, audit_events, audit_metadata
from radiograde.service.database.connection_pools import AUDIT_MOST, pool_options
from radiograde.service.database.copying import copy_database, copy_table
from radiograde.service.database.engine import Database, connect_args, prepare_sqlite
from radiograde.service.errors import StoreError

AUDIT_DATABASE = "audit.sqlite"
"""File in the data directory, where the results are in SQLite too."""

_LOCK = 7_263_411_847


class AuditDatabase(Database):
    """The database of the audit trail; its tables are made where they are missing.

    SQLite brings a row to disk with the next checkpoint: it outlives the process, and a power cut
    may cost the last moments.
    """

    def __init__(self, url: str) -> None:
        """Open it. Raises StoreError."""
        self.url = url
        try:
            self.engine = sa.create_engine(
                url,
                connect_args=connect_args(url),
                pool_pre_ping=not url.startswith("sqlite"),
                **pool_options(url, AUDIT_MOST, AUDIT_MOST),
            )
            if self.engine.dialect.name == "sqlite":
                prepare_sqlite(self.engine, synchronous="NORMAL")
            with self.write() as connection:
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                audit_metadata.create_all(connection)
        except (SQLAlchemyError, ArgumentError, ModuleNotFoundError) as error:
            raise StoreError(
                f"The audit trail cannot be opened ({type(error).__name__})."
            ) from error


def audit_url(store_url: str, data_dir: Path) -> str:
    """Return where the audit trail of results at a URL lies; it may hold a password."""
    return f"sqlite:///{data_dir / AUDIT_DATABASE}" if store_url.startswith("sqlite") else store_url


def back_up_audit(settings: Settings, file: Path) -> None:
    """Copy the audit trail into a new SQLite file. Raises StoreError."""
    with closing(AuditDatabase(audit_url(settings.store_url, settings.data_dir))) as source:
        if source.engine.dialect.name == "sqlite":
            copy_database(source, file)
            return
        with closing(AuditDatabase(f"sqlite:///{file}")) as target:
            copy_audit(source, target)


def copy_audit(source: Database, target: Database) -> None:
    """Copy all rows into an audit trail, unless that has some. Raises StoreError."""
    if target.exists(sa.select(audit_events.c.seq)):
        return
    try:
        with source.engine.connect() as read, target.write() as write:
            write.execute(sa.delete(audit_base))
            for table in audit_metadata.sorted_tables:
                copy_table(table, read, write)
    except SQLAlchemyError as error:
        raise StoreError(
            f"The audit trail cannot be copied ({type(error).__name__}). Nothing was changed."
        ) from error
