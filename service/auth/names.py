"""Names of users and keys: they stand in lists, reviews and reports."""

from __future__ import annotations

import unicodedata

from radiograde.service.auth.principal import LOCAL
from radiograde.service.errors import AccountError

LONGEST = 64


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
    if not 1 <= len(name) <= LONGEST or not name.isprintable():
        raise AccountError(f"A name has 1 to {LONGEST} characters that can be printed.")
    if name.casefold() == LOCAL.name:
        raise AccountError(f"{LOCAL.name!r} is whoever sits here without sign-in. Take another.")
    return name
