"""Where people sign in: a name and a password for a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import structlog

from radiograde.model.errors import OverloadedError
from radiograde.service.auth.credentials import Passwords
from radiograde.service.auth.principal import Principal, tidy
from radiograde.service.auth.session_repository import Session, SessionRepository
from radiograde.service.auth.throttle import SignInThrottle
from radiograde.service.auth.user_repository import UserRepository
from radiograde.service.errors import SignInFailedError

log = structlog.get_logger("radiograde.access")

AT_ONCE, WAITING = 2, 32
"""A verification takes 64 MiB and a core: many at a time would stop everything else."""


class PasswordSignIn:
    """Signs people in and out; used from one event loop."""

    def __init__(
        self,
        users: UserRepository,
        sessions: SessionRepository,
        passwords: Passwords | None = None,
        throttle: SignInThrottle | None = None,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._passwords = passwords or Passwords()
        self._throttle = throttle or SignInThrottle()
        self._threads = anyio.CapacityLimiter(AT_ONCE)
        self._under_way = 0

    async def sign_in(self, name: str, password: str, address: str) -> tuple[str, Session]:
        """Return a new session and its token; ``address``: from where the caller comes.

        Raises:
            SignInFailedError: name or password is wrong.
            TooManyAttemptsError: that happened too often.
            OverloadedError: too many sign in at the same time.
            StoreError: the database does not answer.
        """
        with self._place(), self._throttle.attempt(tidy(name), address):
            return await anyio.to_thread.run_sync(
                self._verify, name, password, address, limiter=self._threads
            )

    def sign_out(self, token: str, session: Session) -> None:
        """End a session. Raises StoreError."""
        self._sessions.close(token)
        log.info("signed_out", user=session.principal.name)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._under_way >= AT_ONCE + WAITING:
            raise OverloadedError("Too many sign in at the same time. Try again in a few seconds.")
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def _verify(self, name: str, password: str, address: str) -> tuple[str, Session]:
        user = self._users.find(name)
        kept = user.password if user is not None else None
        if not self._passwords.matches(kept, password) or user is None:
            # What was typed may be a password in the wrong field: only known names are logged.
            log.warning("sign_in_failed", user=user and user.name, address=address)
            raise self._refusal()
        if self._passwords.is_outdated(user.password):
            self._users.rehash(user, self._passwords.hash(password))
        log.info("signed_in", user=user.name, role=user.role, address=address)
        return self._sessions.open(Principal(user.name, user.role))

    def _refusal(self) -> SignInFailedError:
        if not self._users.all():
            return SignInFailedError("There is no user yet. `radiograde users add` makes one.")
        return SignInFailedError("Name or password is wrong. Type both again.")
