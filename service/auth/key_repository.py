"""API keys: how machines come in. A key is shown once, when it is made; its digest is kept."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

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
from radiograde.service.auth.project_role import PROJECT_PERMISSIONS, Membership
from radiograde.service.database.account_tables import api_keys, users
from radiograde.service.database.engine import Database
from radiograde.service.database.project_tables import projects
from radiograde.service.database.rows import columns_of
from radiograde.service.errors import AccountError, ContradictionError, StoreError

KeyRole = Literal["sender", "reader", "engineer"]
KeyProjectRole = Literal["reader", "engineer", "researcher"]
DEFAULT_DAYS = 90
PREFIX = "rg_"
"""Tells a key that is found in a file from other secrets."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was given out. ``used``: when last, to a minute; None: never.

    ``expires``: None for never. ``scope``: permissions, None for all that its role has.
    ``project``: the id of the only one that it opens, None for the clinical pool.
    """

    name: str
    role: Role
    created: datetime
    used: datetime | None
    expires: datetime | None = None
    scope: list[Permission] | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """For how many days a key holds, None for ever, and for what, None for all of its role.

    ``project``: the id of the project in which alone it has the role; None for the clinical pool.
    """

    days: int | None = DEFAULT_DAYS
    scope: frozenset[Permission] | None = None
    project: str | None = None


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

    def add(
        self, name: str, role: KeyRole | KeyProjectRole, terms: KeyTerms = DEFAULT_TERMS
    ) -> str:
        """Return a new key, which nothing can show again.

        Raises:
            AccountError: the name cannot be used, or a key or a user has it, or the role does not
                allow what the key is for, or is none of the project or the pool, or the project
                is not open.
        """
        name, key, now = check_name(name), PREFIX + new_token(), self._now()
        _check_terms(role, terms)
        row = {
            "name": name,
            "sha256": digest(key),
            "role": role,
            "created": now,
            "expires": None if terms.days is None else now + timedelta(days=terms.days),
            "scope": None if terms.scope is None else sorted(terms.scope),
            "project": terms.project,
        }
        try:
            with self._database.write() as connection:
                people = sa.select(users.c.name).where(users.c.name == name)
                if connection.execute(people).first() is not None:
                    raise AccountError(f"{name} is a user. Take another name for the key.")
                _check_is_open(connection, terms.project)
                connection.execute(sa.insert(api_keys), row)
        except ContradictionError as error:
            raise AccountError(
                f"There is a key {name} already. `radiograde keys remove` takes it away."
            ) from error
        return key

    def find(self, key: str) -> Principal | None:
        """Return whose key it is; None where it is nobody's, or its time is over.

        A key of a project that was closed is nobody's.
        """
        query = _QUERY.where(api_keys.c.sha256 == digest(key), _IS_OPEN)
        found = self._database.first(query, Key)
        now = self._now()
        if found is None or (found.expires is not None and now >= found.expires):
            return None
        if found.used is None or now - found.used >= SEEN_EVERY:
            self._touch(found.name, now)
        scope = None if found.scope is None else frozenset(found.scope)
        if found.project is None:
            return Principal(found.name, found.role, scope)
        own = [
            Membership(found.project, role) for role in PROJECT_PERMISSIONS if role == found.role
        ]
        return Principal(found.name, "member", scope, tuple(own))

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


def _check_terms(role: KeyRole | KeyProjectRole, terms: KeyTerms) -> None:
    """Raise AccountError where a role is not given there, or does not allow what a key is for."""
    if terms.project is not None and role not in get_args(KeyProjectRole):
        raise AccountError("A key of a project is a reader's, an engineer's or a researcher's.")
    if terms.project is None and role == "researcher":
        raise AccountError("A researcher's key is of a project. Say of which.")
    if terms.scope is None:
        return
    allowed: Collection[str] = PERMISSIONS[role]
    if terms.project is not None:
        allowed = next(may for one, may in PROJECT_PERMISSIONS.items() if one == role)
    beyond = ", ".join(sorted(terms.scope - set(allowed)))
    if beyond:
        raise AccountError(f"A {role} may not {beyond}. Take another role or scope.")


def _check_is_open(connection: sa.Connection, project: str | None) -> None:
    open_one = sa.select(projects.c.id).where(projects.c.id == project, projects.c.closed.is_(None))
    if project is not None and connection.scalar(open_one) is None:
        raise AccountError("There is no such project, or it was closed.")


_QUERY = sa.select(*columns_of(api_keys, Key))
_IS_OPEN = sa.or_(
    api_keys.c.project.is_(None),
    sa.exists().where(projects.c.id == api_keys.c.project, projects.c.closed.is_(None)),
)
