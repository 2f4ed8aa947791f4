"""Passwords and tokens: what they must be, how they are kept, and the clock they live by."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from radiograde.service.errors import AccountError

Clock = Callable[[], datetime]

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session or a key was last used: a write a request is too many."""

SHORTEST, LONGEST = 12, 1024
_TOKEN_BYTES = 32


def utc_now() -> datetime:
    """Return the present time, with its zone."""
    return datetime.now(UTC)


def new_token() -> str:
    """Return 256 random bits as 43 characters that are safe in a header."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest(token: str) -> str:
    """Return the SHA-256 under which a token is looked up, in hexadecimal.

    A token needs no slow hash: it is random, so there is nothing to try out.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


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
    """Hashes and verifies by Argon2id (RFC 9106); each takes tens of ms and 64 MiB, by intent."""

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
