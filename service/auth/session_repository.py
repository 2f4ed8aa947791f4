"""Sessions of people who signed in: a random token in a cookie, its digest in the database."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from radiograde.service.auth.credentials import SEEN_EVERY, Clock, digest, new_token, utc_now
from radiograde.service.auth.principal import Principal, Role
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import sessions, users
from radiograde.service.errors import StoreError

LIFE = timedelta(hours=12)
"""However busy: a working day, then one signs in again."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in. ``csrf``: what each change must repeat in a header."""

    principal: Principal
    csrf: str


@dataclass(frozen=True, slots=True)
class _Opened:
    """A session and whose it is, as the database has them."""

    csrf: str
    created: datetime
    seen: datetime
    name: str
    role: Role


_QUERY = sa.select(
    sessions.c.csrf, sessions.c.created, sessions.c.seen, users.c.name, users.c.role
).join(users, users.c.name == sessions.c.user)


class SessionRepository:
    """Keeps the table ``sessions``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, idle: timedelta, now: Clock = utc_now) -> None:
        self._database = database
        self._idle = idle
        self._now = now

    def open(self, principal: Principal) -> tuple[str, Session]:
        """Return a new session and its token; sessions past their time are removed."""
        token, session, now = new_token(), Session(principal, new_token()), self._now()
        row = {
            "token_sha256": digest(token),
            "user": principal.name,
            "csrf": session.csrf,
            "created": now,
            "seen": now,
        }
        past = sa.or_(sessions.c.created <= now - LIFE, sessions.c.seen <= now - self._idle)
        with self._database.write() as connection:
            connection.execute(sa.delete(sessions).where(past))
            connection.execute(sa.insert(sessions), row)
        return token, session

    def find(self, token: str, *, attended: bool = True) -> Session | None:
        """Return the session of a token; None where there is none, or its time is over.

        What a page asks by itself, ``attended`` False, does not prolong it.
        """
        found = self._database.first(_QUERY.where(_is(token)), _Opened)
        now = self._now()
        if found is None or now >= min(found.created + LIFE, found.seen + self._idle):
            return None
        if attended and now - found.seen >= SEEN_EVERY:
            self._touch(token, now)
        return Session(Principal(found.name, found.role), found.csrf)

    def close(self, token: str) -> None:
        """End a session, if it is there."""
        with self._database.write() as connection:
            connection.execute(sa.delete(sessions).where(_is(token)))

    def _touch(self, token: str, now: datetime) -> None:
        # A disk that is full must not keep people from reading.
        with suppress(StoreError), self._database.write() as connection:
            connection.execute(sa.update(sessions).where(_is(token)).values(seen=now))


def _is(token: str) -> sa.ColumnElement[bool]:
    return sessions.c.token_sha256 == digest(token)
