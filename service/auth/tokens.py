"""Secrets that are no passwords: long enough that nobody guesses one, kept as digests alone."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """Return 256 random bits as 43 characters that are safe in a header."""
    return secrets.token_urlsafe(_BYTES)


def digest(token: str) -> str:
    """Return the SHA-256 under which a token is looked up, in hexadecimal.

    A token needs no slow hash: it is random, so there is nothing to try out.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
