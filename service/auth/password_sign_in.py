"""Where people sign in: a name and a password for a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
import structlog

from radiograde.model.errors import OverloadedError
from radiograde.service.auth.credentials import Passwords
from radiograde.service.auth.known_devices import is_device_of, new_device
from radiograde.service.auth.principal import Principal, tidy
from radiograde.service.auth.session_repository import Device, Session, SessionRepository
from radiograde.service.auth.throttle import SignInThrottle
from radiograde.service.auth.user_repository import User, UserRepository
from radiograde.service.errors import SignInFailedError

log = structlog.get_logger("radiograde.access")

AT_ONCE, WAITING, WAITING_KNOWN = 2, 32, 8
"""A verification takes 64 MiB and a core: many at a time would stop everything else. Known devices
have places that strangers cannot fill."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session and its token. ``device``: what the caller's device is known by from now on."""

    token: str
    session: Session
    device: str


class PasswordSignIn:
    """Signs people in and out; used from one event loop."""

    def __init__(
        self,
        users: UserRepository,
        sessions: SessionRepository,
        passwords: Passwords | None = None,
        throttle: SignInThrottle | None = None,
        *,
        administrators_alone: bool = False,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._passwords = passwords or Passwords()
        self._throttle = throttle or SignInThrottle()
        self._administrators_alone = administrators_alone
        self._threads = anyio.CapacityLimiter(AT_ONCE)
        self._lookups = anyio.CapacityLimiter(AT_ONCE)
        self._under_way = 0

    async def sign_in(
        self,
        name: str,
        password: str,
        address: str,
        device: str | None = None,
        browser: str | None = None,
    ) -> SignedIn:
        """Return a new session; ``address``: from where the caller comes.

        ``browser``: what it calls itself; the session is for this one alone. ``device``: what an
        earlier sign-in of this user on the caller's device returned; anything else counts for
        nothing.

        Raises:
            SignInFailedError: name or password is wrong.
            TooManyAttemptsError: that happened too often.
            OverloadedError: too many sign in at the same time.
            StoreError: the database does not answer.
        """
        known = await self._known(name, device) if device else None
        with (
            self._place(WAITING_KNOWN if known else 0),
            self._throttle.attempt(tidy(name), address, known),
        ):
            return await anyio.to_thread.run_sync(
                self._verify, name, password, address, browser, limiter=self._threads
            )

    def sign_out(self, token: str, session: Session) -> None:
        """End a session. Raises StoreError."""
        self._sessions.close(token)
        log.info("signed_out", user=session.principal.name)

    async def _known(self, name: str, device: str) -> str | None:
        user = await anyio.to_thread.run_sync(self._users.find, name, limiter=self._lookups)
        return device if user is not None and is_device_of(user, device) else None

    @contextmanager
    def _place(self, more: int = 0) -> Iterator[None]:
        if self._under_way >= AT_ONCE + WAITING + more:
            raise OverloadedError("Too many sign in at the same time. Try again in a few seconds.")
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def _verify(self, name: str, password: str, address: str, browser: str | None) -> SignedIn:
        user = self._users.find(name)
        kept = user.password if user is not None and self._is_taken(user) else None
        if not self._passwords.matches(kept, password) or user is None:
            # What was typed may be a password in the wrong field: only known names are logged.
            log.warning("sign_in_failed", user=user and user.name, address=address)
            raise self._refusal()
        if self._passwords.is_outdated(user.password):
            user = self._users.rehash(user, self._passwords.hash(password))
        log.info("signed_in", user=user.name, role=user.role, address=address)
        opened_on = None if browser is None else Device(address, browser)
        token, session = self._sessions.open(Principal(user.name, user.role), opened_on)
        return SignedIn(token, session, new_device(user))

    def _is_taken(self, user: User) -> bool:
        """Return whether a user's password is; who signs in elsewhere has none here."""
        allowed = user.role == "administrator" or not self._administrators_alone
        return user.source == "local" and allowed

    def _refusal(self) -> SignInFailedError:
        if not self._users.all():
            return SignInFailedError("There is no user yet. `radiograde users add` makes one.")
        return SignInFailedError("Name or password is wrong. Type both again.")
