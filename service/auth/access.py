"""Everything that decides who comes in, opened and closed together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from radiograde.service.auth.credentials import Clock, utc_now
from radiograde.service.auth.key_repository import KeyRepository
from radiograde.service.auth.password_sign_in import PasswordSignIn
from radiograde.service.auth.session_repository import SessionRepository
from radiograde.service.auth.user_repository import UserRepository
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import Database, open_database
from radiograde.service.database.tables import api_keys, users


@dataclass(frozen=True, slots=True)
class Access:
    """Users, sessions and keys, and where people sign in."""

    database: Database
    users: UserRepository
    sessions: SessionRepository
    keys: KeyRepository
    password_sign_in: PasswordSignIn

    @classmethod
    def of(cls, database: Database, settings: Settings, now: Clock = utc_now) -> Access:
        """Return the access to an installation whose database is open."""
        people = UserRepository(database, now)
        sessions = SessionRepository(database, timedelta(minutes=settings.session_minutes), now)
        return cls(
            database,
            people,
            sessions,
            KeyRepository(database, now),
            PasswordSignIn(people, sessions),
        )

    def is_guarded(self) -> bool:
        """Return whether a user or a key exists. Raises StoreError."""
        there = sa.or_(sa.exists(sa.select(users.c.name)), sa.exists(sa.select(api_keys.c.name)))
        return self.database.values(sa.select(there), bool)[0]


@contextmanager
def open_access(
    settings: Settings, *, create: bool = True, upgrade: bool = False
) -> Iterator[Access]:
    """Give the access to an installation within the ``with`` block; what is missing is made.

    ``create``: False for who only reads or removes. ``upgrade``: bring a database of an older
    version up to date.

    Raises:
        NoDatabaseError: there is no database, and none is to be made.
        StoreError: the data directory cannot be made, or the database cannot be opened.
    """
    database = open_database(settings, create=create, upgrade=upgrade)
    try:
        yield Access.of(database, settings)
    finally:
        database.close()
