"""Passwords: what one must be, and how it is kept: as its Argon2id hash (RFC 9106)."""

from __future__ import annotations

import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from radiograde.service.auth.tokens import new_token
from radiograde.service.errors import AccountError

SHORTEST, LONGEST = 12, 1024


def check_password(name: str, password: str) -> None:
    """Raise AccountError for one that is too short, too long, or the user's own name."""
    if len(password) < SHORTEST:
        raise AccountError(f"The password needs at least {SHORTEST} characters. Take a sentence.")
    if len(password) > LONGEST:
        raise AccountError(f"The password may have at most {LONGEST} characters.")
    if not _plain(password).strip():
        raise AccountError("The password is nothing but spaces. Take another.")
    if name.casefold() in (password.casefold(), password.strip().casefold()):
        raise AccountError("The password is the name. Take another.")


class Passwords:
    """Hashes and verifies; each takes tens of milliseconds and 64 MiB, by intent."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    def hash(self, password: str) -> str:
        """Return what is kept of a password, with its salt and parameters."""
        return self._hasher.hash(_plain(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """Return whether a password is the one kept; None, for nobody's, takes as long."""
        try:
            self._hasher.verify(kept or self._nobodys, _plain(password))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Return whether it was hashed with other parameters than are used now."""
        return self._hasher.check_needs_rehash(kept)

    @cached_property
    def _nobodys(self) -> str:
        return self.hash(new_token())


def _plain(password: str) -> str:
    """Return one way of writing each character: keyboards differ in how they compose them."""
    return unicodedata.normalize("NFKC", password)
