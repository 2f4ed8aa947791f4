"""Sessions of people who signed in: a random token in a cookie, its digest in the database."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from radiograde.service.auth.credentials import SEEN_EVERY, Clock, digest, new_token, utc_now
from radiograde.service.auth.principal import Principal, Role
from radiograde.service.auth.project_role import memberships_of, parse_memberships
from radiograde.service.database.account_tables import UserSource, sessions, users
from radiograde.service.database.engine import Database
from radiograde.service.errors import AccountError, StoreError

log = structlog.get_logger("radiograde.access")

LIFE = timedelta(hours=12)
"""However busy: a working day, then one signs in again."""

ID_LENGTH = 16
"""Characters of a token's digest by which a session is managed; nobody can come in by them."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in. ``csrf``: what each change must repeat in a header."""

    principal: Principal
    csrf: str
    source: UserSource = "local"


@dataclass(frozen=True, slots=True)
class Device:
    """From where somebody signs in: the address, and what the browser calls itself."""

    address: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as it is managed; ``address``: from where it was opened."""

    id: str
    user: str
    created: datetime
    seen: datetime
    address: str | None


@dataclass(frozen=True, slots=True)
class _Opened:
    """A session and whose it is, as the database has them."""

    csrf: str
    created: datetime
    seen: datetime
    browser: str | None
    name: str
    role: Role
    source: UserSource
    memberships: str | None


_QUERY = sa.select(
    *(sessions.c[name] for name in ("csrf", "created", "seen", "browser")),
    *(users.c[name] for name in ("name", "role", "source")),
    memberships_of(users.c.name).label("memberships"),
).join(users, users.c.name == sessions.c.user)


class SessionRepository:
    """Keeps the table ``sessions``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(
        self,
        database: Database,
        idle: timedelta,
        now: Clock = utc_now,
        *,
        administrators_see_films: bool = True,
    ) -> None:
        self._database = database
        self._idle = idle
        self._now = now
        self._administrators_see_films = administrators_see_films

    def open(
        self,
        principal: Principal,
        device: Device | None = None,
        *,
        source: UserSource = "local",
        provider_session: str | None = None,
    ) -> tuple[str, Session]:
        """Return a new session and its token; sessions past their time are removed.

        ``device``: the only one on which the token is taken. ``provider_session``: by what the
        provider knows the session, where one signed in there.
        """
        token, csrf, now = new_token(), new_token(), self._now()
        row = {
            "token_sha256": digest(token),
            "user": principal.name,
            "csrf": csrf,
            "created": now,
            "seen": now,
            "address": device and device.address[:64],
            "browser": device and digest(device.browser),
            "provider_session": provider_session and digest(provider_session),
        }
        with self._database.write() as connection:
            connection.execute(sa.delete(sessions).where(self._past(now)))
            connection.execute(sa.insert(sessions), row)
            projects = connection.scalar(sa.select(memberships_of(sa.literal(principal.name))))
        return token, Session(self._with_projects(principal, projects), csrf, source)

    def find(
        self, token: str, *, attended: bool = True, browser: str | None = None
    ) -> Session | None:
        """Return the session of a token; None where there is none, or its time is over.

        What a page asks by itself, ``attended`` False, does not prolong it. A token that another
        browser shows than the one it was given to is stolen: its session ends.
        """
        found = self._database.first(_QUERY.where(_is(token)), _Opened)
        now = self._now()
        if found is None or now >= min(found.created + LIFE, found.seen + self._idle):
            return None
        if browser is not None and found.browser not in (None, digest(browser)):
            log.warning("session_of_another_browser", user=found.name)
            self.close(token)
            return None
        if attended and now - found.seen >= SEEN_EVERY:
            self._touch(token, now)
        principal = self._with_projects(Principal(found.name, found.role), found.memberships)
        return Session(principal, found.csrf, found.source)

    def all(self) -> list[OpenSession]:
        """Return every session that goes on, the last used first."""
        columns = (
            sa.func.substr(sessions.c.token_sha256, 1, ID_LENGTH).label("id"),
            *(sessions.c[name] for name in ("user", "created", "seen", "address")),
        )
        query = sa.select(*columns).where(~self._past(self._now()))
        return self._database.rows(query.order_by(sessions.c.seen.desc()), OpenSession)

    def close(self, token: str) -> None:
        """End a session, if it is there."""
        self._close(_is(token))

    def end(self, id: str) -> None:
        """End the session of an id. Raises AccountError where there is none."""
        if len(id) != ID_LENGTH or not self._close(
            sa.func.substr(sessions.c.token_sha256, 1, ID_LENGTH) == id
        ):
            raise AccountError("There is no such session. `radiograde sessions list` shows them.")

    def end_of_user(self, name: str) -> int:
        """End every session of a user; return how many there were."""
        return self._close(sessions.c.user == name)

    def end_of_provider(self, provider_session: str) -> int:
        """End the sessions that belong to one at the provider; return how many there were."""
        return self._close(sessions.c.provider_session == digest(provider_session))

    def end_of_subject(self, subject: str) -> int:
        """End the sessions of whom the provider knows by a subject; return how many there were."""
        whose = sa.select(users.c.name).where(users.c.subject == subject)
        return self._close(sessions.c.user.in_(whose))

    def _with_projects(self, principal: Principal, memberships: str | None) -> Principal:
        return replace(
            principal,
            memberships=parse_memberships(memberships),
            sees_pool=principal.role != "administrator" or self._administrators_see_films,
        )

    def _close(self, which: sa.ColumnElement[bool]) -> int:
        with self._database.write() as connection:
            return connection.execute(sa.delete(sessions).where(which)).rowcount

    def _past(self, now: datetime) -> sa.ColumnElement[bool]:
        return sa.or_(sessions.c.created <= now - LIFE, sessions.c.seen <= now - self._idle)

    def _touch(self, token: str, now: datetime) -> None:
        # A disk that is full must not keep people from reading.
        with suppress(StoreError), self._database.write() as connection:
            connection.execute(sa.update(sessions).where(_is(token)).values(seen=now))


def _is(token: str) -> sa.ColumnElement[bool]:
    return sessions.c.token_sha256 == digest(token)
