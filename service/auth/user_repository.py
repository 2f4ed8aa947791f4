"""The people who may sign in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from radiograde.service.auth.credentials import Clock, utc_now
from radiograde.service.auth.principal import PERMISSIONS, Role, check_name, tidy
from radiograde.service.database.account_tables import UserSource, api_keys, sessions, users
from radiograde.service.database.engine import Database
from radiograde.service.database.project_tables import project_members
from radiograde.service.database.reading_tables import assignments
from radiograde.service.database.rows import columns_of, rows_of
from radiograde.service.errors import AccountError, ContradictionError


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may sign in. ``password``: the hash of it, empty where ``source`` has it."""

    name: str
    role: Role
    password: str
    created: datetime
    source: UserSource = "local"


class UserRepository:
    """Keeps the table ``users``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    def all(self) -> list[User]:
        """Return every user, by name."""
        return self._database.rows(_QUERY.order_by(users.c.name), User)

    def find(self, name: str) -> User | None:
        """Return the user of a name; None where there is none."""
        name = tidy(name)
        if not name.isprintable():
            return None
        return self._database.first(_QUERY.where(users.c.name == name), User)

    def readers(self) -> list[str]:
        """Return the names of those who may review, in order."""
        roles = [role for role, allowed in PERMISSIONS.items() if "review" in allowed]
        query = sa.select(users.c.name).where(users.c.role.in_(roles))
        return self._database.values(query.order_by(users.c.name), str)

    def has_administrator(self) -> bool:
        """Return whether somebody may do everything who can come in without a provider."""
        whose = (users.c.role == "administrator", users.c.source == "local")
        return self._database.exists(sa.select(users).where(*whose))

    def add(self, name: str, role: Role, password: str) -> None:
        """Add a user; ``password``: the hash of it.

        Raises:
            AccountError: the name cannot be used, or a user or a key has it.
        """
        name = check_name(name)
        row = {"name": name, "role": role, "password": password, "created": self._now()}
        try:
            with self._database.write() as connection:
                check_is_no_key(connection, name)
                connection.execute(sa.insert(users), row)
        except ContradictionError as error:
            raise AccountError(
                f"{name} is a user already. `radiograde users password` sets a new password."
            ) from error

    def change_role(self, name: str, role: Role) -> None:
        """Set a user's role, from the next request on.

        Raises:
            AccountError: there is none of this name, he signs in elsewhere and has the role from
                there, or he is the last administrator of others.
        """
        name = tidy(name)
        with self._database.write() as connection:
            everybody = {user.name: user for user in rows_of(connection, _QUERY, User)}
            if name not in everybody:
                raise _unknown(name)
            if everybody[name].source != "local":
                raise AccountError(f"{name} has the role from a group. Change the site file.")
            if role != "administrator":
                _check_others_administer(everybody.pop(name), everybody.values())
            connection.execute(sa.update(users).where(users.c.name == name).values(role=role))

    def change_password(self, name: str, password: str) -> None:
        """Set a user's password, by its hash, and end his sessions.

        Raises:
            AccountError: there is none of this name who signs in here.
        """
        with self._database.write() as connection:
            here = _password_of(name, password).where(users.c.source == "local")
            if not connection.execute(here).rowcount:
                raise _unknown(name)
            connection.execute(sa.delete(sessions).where(sessions.c.user == tidy(name)))

    def rehash(self, user: User, password: str) -> User:
        """Return the user, with the same password under another hash.

        That is not kept where the password was changed in between.
        """
        with self._database.write() as connection:
            unchanged = users.c.password == user.password
            connection.execute(_password_of(user.name, password).where(unchanged))
        return replace(user, password=password)

    def remove(self, name: str) -> None:
        """Remove a user, end his sessions and release the films that were his to read.

        Raises:
            AccountError: there is none of this name, or he is the last administrator of others.
        """
        name = tidy(name)
        with self._database.write() as connection:
            everybody = {user.name: user for user in rows_of(connection, _QUERY, User)}
            if name not in everybody:
                raise _unknown(name)
            _check_others_administer(everybody.pop(name), everybody.values())
            connection.execute(sa.delete(sessions).where(sessions.c.user == name))
            connection.execute(sa.delete(project_members).where(project_members.c.user == name))
            released = sa.update(assignments).where(assignments.c.reader == name)
            connection.execute(released.values(reader=None, at=self._now()))
            connection.execute(sa.delete(users).where(users.c.name == name))


_QUERY = sa.select(*columns_of(users, User))


def check_is_no_key(connection: sa.Connection, name: str) -> None:
    """Raise AccountError where a key has a name."""
    if connection.execute(sa.select(api_keys.c.name).where(api_keys.c.name == name)).first():
        raise AccountError(f"An API key is called {name}. Take another name.")


def _check_others_administer(user: User, others: Collection[User]) -> None:
    """Raise AccountError where a user is the last administrator of others.

    Those who sign in elsewhere do not count: the provider may be away.
    """
    administrators = [one for one in (user, *others) if _administers(one)]
    if administrators == [user] and others:
        raise AccountError(
            f"{user.name} is the last administrator. Add another first: "
            "radiograde users add NAME --role administrator."
        )


def _administers(user: User) -> bool:
    return user.role == "administrator" and user.source == "local"


def _password_of(name: str, password: str) -> sa.Update:
    return sa.update(users).where(users.c.name == tidy(name)).values(password=password)


def _unknown(name: str) -> AccountError:
    return AccountError(f"There is no user {tidy(name)}. `radiograde users list` shows them all.")
