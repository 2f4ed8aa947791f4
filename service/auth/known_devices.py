"""Devices on which a user signed in before, known by a signed cookie.

Whoever tries a user's name from everywhere slows down everybody unknown, and so the user on a
device without such a cookie, but not on his own: OWASP, "Slow Down Online Guessing Attacks with
Device Cookies". Nothing is stored. The key of the signature is the hash of the user's password:
another user or another password makes it void.
"""

from __future__ import annotations

import hashlib
import hmac

from radiograde.service.auth.credentials import new_token
from radiograde.service.auth.user_repository import User


def new_device(user: User) -> str:
    """Return what a device shows from now on: random bits, and their signature for the user."""
    nonce = new_token()
    return f"{nonce}.{_signature(user, nonce)}"


def is_device_of(user: User, device: str) -> bool:
    """Return whether a device shows what :func:`new_device` gave out for this user."""
    nonce, _, signature = device.partition(".")
    expected = _signature(user, nonce)
    return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))


def _signature(user: User, nonce: str) -> str:
    signed = f"{user.name}\n{nonce}".encode(errors="replace")
    return hmac.new(user.password.encode(), signed, hashlib.sha256).hexdigest()
