"""Who calls: names, roles, and what a role may do."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from radiograde.service.errors import AccountError

Role = Literal["sender", "reader", "engineer", "researcher", "manager", "administrator"]
Permission = Literal["send", "read", "review", "deliver", "operate", "administer", "manage"]

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    "sender": frozenset({"send"}),
    "reader": frozenset({"send", "read", "review", "deliver"}),
    "engineer": frozenset({"send", "read", "deliver", "operate"}),
    "researcher": frozenset({"send", "read"}),
    "manager": frozenset({"manage"}),
    "administrator": frozenset(
        {"send", "read", "review", "deliver", "operate", "administer", "manage"}
    ),
}
"""``send``: films in. ``read``: results and films. ``review``: judge a result. ``deliver``: send a
result to the destinations. ``operate``: jobs, export. ``administer``: the register of problems.
``manage``: users, keys, sessions."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person, a machine with a key, or whoever sits at a computer without sign-in.

    ``scope``: what a key is for, None for all that its role may.
    """

    name: str
    role: Role
    scope: frozenset[Permission] | None = None

    def may(self, permission: Permission) -> bool:
        """Return whether the role and the scope allow it."""
        return permission in self.permissions

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role and the scope allow."""
        allowed = PERMISSIONS[self.role]
        return allowed if self.scope is None else allowed & self.scope


LOCAL = Principal("local", "administrator")
"""Everyone, as long as no user exists and the service is reached from this computer alone."""

LONGEST_NAME = 64


def tidy(name: str) -> str:
    """Return a name as it is kept: one way of writing each character, no space at the ends."""
    return unicodedata.normalize("NFC", name).strip()


def check_name(name: str) -> str:
    """Return the name, tidied.

    Raises:
        AccountError: it is empty, longer than 64 characters, holds what cannot be printed, or is
            the one that stands for everybody at a computer without sign-in.
    """
    name = tidy(name)
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise AccountError(f"A name has 1 to {LONGEST_NAME} characters that can be printed.")
    if name.casefold() == LOCAL.name:
        raise AccountError(f"{LOCAL.name!r} is whoever sits here without sign-in. Take another.")
    return name
