"""API keys: how machines come in. A key is shown once, when it is made; its digest is kept."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from radiograde.service.auth.credentials import SEEN_EVERY, Clock, digest, new_token, utc_now
from radiograde.service.auth.principal import (
    PERMISSIONS,
    Permission,
    Principal,
    Role,
    check_name,
    tidy,
)
from radiograde.service.database.account_tables import api_keys, users
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of
from radiograde.service.errors import AccountError, ContradictionError, StoreError

KeyRole = Literal["sender", "reader", "engineer"]
DEFAULT_DAYS = 90
PREFIX = "rg_"
"""Tells a key that is found in a file from other secrets."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was given out. ``used``: when last, to a minute; None: never.

    ``expires``: None for never. ``scope``: permissions, None for all that its role has.
    """

    name: str
    role: Role
    created: datetime
    used: datetime | None
    expires: datetime | None = None
    scope: list[Permission] | None = None


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """For how many days a key holds, None for ever, and for what, None for all of its role."""

    days: int | None = DEFAULT_DAYS
    scope: frozenset[Permission] | None = None


DEFAULT_TERMS = KeyTerms()


class KeyRepository:
    """Keeps the table ``api_keys``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    def all(self) -> list[Key]:
        """Return every key, by name."""
        return self._database.rows(_QUERY.order_by(api_keys.c.name), Key)

    def add(self, name: str, role: KeyRole, terms: KeyTerms = DEFAULT_TERMS) -> str:
        """Return a new key, which nothing can show again.

        Raises:
            AccountError: the name cannot be used, or a key or a user has it, or the role does not
                allow what the key is for.
        """
        name, key, now = check_name(name), PREFIX + new_token(), self._now()
        if terms.scope is not None and not terms.scope <= PERMISSIONS[role]:
            beyond = ", ".join(sorted(terms.scope - PERMISSIONS[role]))
            raise AccountError(f"A {role} may not {beyond}. Take another role or scope.")
        row = {
            "name": name,
            "sha256": digest(key),
            "role": role,
            "created": now,
            "expires": None if terms.days is None else now + timedelta(days=terms.days),
            "scope": None if terms.scope is None else sorted(terms.scope),
        }
        try:
            with self._database.write() as connection:
                people = sa.select(users.c.name).where(users.c.name == name)
                if connection.execute(people).first() is not None:
                    raise AccountError(f"{name} is a user. Take another name for the key.")
                connection.execute(sa.insert(api_keys), row)
        except ContradictionError as error:
            raise AccountError(
                f"There is a key {name} already. `radiograde keys remove` takes it away."
            ) from error
        return key

    def find(self, key: str) -> Principal | None:
        """Return whose key it is; None where it is nobody's, or its time is over."""
        found = self._database.first(_QUERY.where(api_keys.c.sha256 == digest(key)), Key)
        now = self._now()
        if found is None or (found.expires is not None and now >= found.expires):
            return None
        if found.used is None or now - found.used >= SEEN_EVERY:
            self._touch(found.name, now)
        scope = None if found.scope is None else frozenset(found.scope)
        return Principal(found.name, found.role, scope)

    def remove(self, name: str) -> None:
        """Remove a key: from now on it opens nothing. Raises AccountError where there is none."""
        with self._database.write() as connection:
            gone = connection.execute(sa.delete(api_keys).where(api_keys.c.name == tidy(name)))
            if not gone.rowcount:
                raise AccountError(
                    f"There is no key {tidy(name)}. `radiograde keys list` shows them all."
                )

    def _touch(self, name: str, now: datetime) -> None:
        # A disk that is full must not keep senders from being answered.
        with suppress(StoreError), self._database.write() as connection:
            connection.execute(sa.update(api_keys).where(api_keys.c.name == name).values(used=now))


_QUERY = sa.select(*columns_of(api_keys, Key))
