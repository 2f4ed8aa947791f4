"""Why nobody is signed in by a provider or a proxy."""

from __future__ import annotations

from typing import Literal

from radiograde.service.errors import SignInNeededError

SignOnReason = Literal["unreachable", "refused", "second_factor", "no_role", "name_taken"]


class SignOnError(SignInNeededError):
    """Nobody is signed in by the provider or the proxy; ``reason``: what the page says of it."""

    code = "sign_on_failed"
    title = "Signing in elsewhere failed"

    def __init__(self, reason: SignOnReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
