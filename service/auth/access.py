"""Everything that decides who comes in, opened and closed together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from radiograde.service.auth.credentials import Clock, utc_now
from radiograde.service.auth.federated_users import FederatedUsers
from radiograde.service.auth.key_repository import KeyRepository
from radiograde.service.auth.password_sign_in import PasswordSignIn
from radiograde.service.auth.session_repository import SessionRepository
from radiograde.service.auth.sign_on import SignOn
from radiograde.service.auth.user_repository import UserRepository
from radiograde.service.config.settings import Settings
from radiograde.service.database.account_tables import api_keys, users
from radiograde.service.database.engine import Database, open_database


@dataclass(frozen=True, slots=True)
class Access:
    """Users, sessions and keys, and where people sign in."""

    database: Database
    users: UserRepository
    sessions: SessionRepository
    keys: KeyRepository
    password_sign_in: PasswordSignIn
    sign_on: SignOn
    signs_in_elsewhere: bool = False

    @classmethod
    def of(cls, database: Database, settings: Settings, now: Clock = utc_now) -> Access:
        """Return the access to an installation whose database is open."""
        people = UserRepository(database, now)
        closed = settings.oidc is not None and settings.oidc.local_accounts == "administrators"
        sessions = SessionRepository(
            database,
            timedelta(minutes=settings.session_minutes),
            now,
            administrators_see_films=settings.administrators_see_films,
        )
        return cls(
            database,
            people,
            sessions,
            KeyRepository(database, now),
            PasswordSignIn(people, sessions, administrators_alone=closed),
            SignOn(settings, FederatedUsers(database, settings.groups, now), sessions, now),
            signs_in_elsewhere=(settings.oidc or settings.proxy_sign_in) is not None,
        )

    def is_guarded(self) -> bool:
        """Return whether anybody has to sign in: there is a user or a key, or a provider.

        Raises StoreError.
        """
        if self.signs_in_elsewhere:
            return True
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
