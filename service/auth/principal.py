"""Who calls, and what a role may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["sender", "reader", "engineer", "administrator"]
Permission = Literal["send", "read", "review", "operate", "administer"]

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    "sender": frozenset({"send"}),
    "reader": frozenset({"send", "read", "review"}),
    "engineer": frozenset({"send", "read", "operate"}),
    "administrator": frozenset({"send", "read", "review", "operate", "administer"}),
}
"""``send``: films in. ``read``: results and films. ``review``: judge a result. ``operate``: jobs,
destinations, export. ``administer``: users and keys."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person, a machine with a key, or whoever sits at a computer without sign-in."""

    name: str
    role: Role

    def may(self, permission: Permission) -> bool:
        """Return whether the role allows it."""
        return permission in PERMISSIONS[self.role]


LOCAL = Principal("local", "administrator")
"""Everyone, as long as no user exists and the service is reached from this computer alone."""
