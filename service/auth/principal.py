"""Who calls: names, roles, and what a role may do."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from radiograde.service.auth.project_role import (
    PROJECT_PERMISSIONS,
    Membership,
    ProjectPermission,
)
from radiograde.service.errors import AccountError

Role = Literal["sender", "reader", "engineer", "researcher", "manager", "administrator", "member"]
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
    "member": frozenset(),
}
"""``send``: films in. ``read``: results and films. ``review``: judge a result. ``deliver``: send a
result to the destinations. ``operate``: jobs, export. ``administer``: the register of problems.
``manage``: users, keys, sessions, projects. A ``member`` has the roles that projects give."""

OF_FILMS: frozenset[Permission] = frozenset({"send", "read", "review", "deliver"})
"""What an administrator who is to see no films of the clinical pool lacks."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person, a machine with a key, or whoever sits at a computer without sign-in.

    ``scope``: what a key is for, None for all that its role may. ``memberships``: roles in
    projects. ``sees_pool``: False for whoever does not see films by the role in the pool.
    """

    name: str
    role: Role
    scope: frozenset[Permission] | None = None
    memberships: tuple[Membership, ...] = ()
    sees_pool: bool = True

    def may(self, permission: Permission) -> bool:
        """Return whether the role in the clinical pool and the scope allow it."""
        return permission in self.permissions

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role in the clinical pool and the scope allow."""
        allowed = PERMISSIONS[self.role]
        if not self.sees_pool:
            allowed -= OF_FILMS
        return allowed if self.scope is None else allowed & self.scope

    def projects_that(self, permission: ProjectPermission) -> frozenset[str]:
        """Return the projects whose role, and the scope, allow it."""
        needed = "read" if permission == "identify" else permission
        if self.scope is not None and needed not in self.scope:
            return frozenset()
        return frozenset(
            one.project for one in self.memberships if permission in PROJECT_PERMISSIONS[one.role]
        )


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
