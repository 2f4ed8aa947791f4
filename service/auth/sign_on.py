"""Signing in elsewhere: at an OpenID provider, or at a proxy in front; signing out from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from radiograde.service.auth.credentials import Clock, utc_now
from radiograde.service.auth.federated_users import FederatedUsers, Identity, subject_of
from radiograde.service.auth.provider import Attempt, Provider
from radiograde.service.auth.session_repository import Device, Session, SessionRepository
from radiograde.service.auth.sign_on_error import SignOnError
from radiograde.service.config.settings import Settings

log = structlog.get_logger("radiograde.access")


class SignOn:
    """Opens sessions for people whom somebody else has signed in; safe to share among threads."""

    def __init__(
        self,
        settings: Settings,
        users: FederatedUsers,
        sessions: SessionRepository,
        now: Clock = utc_now,
    ) -> None:
        self.provider = None if settings.oidc is None else Provider(settings.oidc, now)
        self._users = users
        self._sessions = sessions

    def by_provider(
        self, attempt: Attempt, answer: Mapping[str, str], device: Device
    ) -> tuple[str, Session]:
        """Return a new session and its token, by the provider's answer to a browser.

        Raises:
            SignOnError: the provider signs nobody in, or somebody who has no role here.
            StoreError: the database does not answer.
        """
        provider = self._provider()
        claims, config = provider.redeem(attempt, answer), provider.config
        subject = subject_of("oidc", config.issuer, str(claims["sub"]))
        name = str(claims.get(config.name_claim) or claims["sub"])
        identity = Identity("oidc", subject, name, _groups(claims.get(config.groups_claim)))
        sid = claims.get("sid")
        return self._open(identity, device, None if sid is None else str(sid))

    def by_proxy(self, name: str, groups: frozenset[str], device: Device) -> tuple[str, Session]:
        """Return a new session and its token, for whom a trusted proxy names.

        Raises:
            SignOnError: no role is given, or another user has the name.
            StoreError: the database does not answer.
        """
        identity = Identity("proxy", subject_of("proxy", "", name), name, groups)
        return self._open(identity, device, None)

    def sign_out_by_token(self, logout_token: str) -> int:
        """End the sessions that a provider's logout token names; return how many there were.

        Raises:
            SignOnError: the token is not of the provider, too old, or was used before.
            StoreError: the database does not answer.
        """
        provider = self._provider()
        whom = provider.signed_out(logout_token)
        if whom.session is not None:
            ended = self._sessions.end_of_provider(whom.session)
        else:
            subject = subject_of("oidc", provider.config.issuer, str(whom.subject))
            ended = self._sessions.end_of_subject(subject)
        log.info("signed_out_by_provider", sessions=ended)
        return ended

    def sign_out_by_frame(self, issuer: str, session: str) -> None:
        """End the sessions that belong to one at the provider, as its page asks a browser to.

        OpenID Connect Front-Channel Logout 1.0: who knows the session's id is the provider.
        Raises StoreError.
        """
        if self.provider is not None and issuer == self.provider.config.issuer:
            log.info("signed_out_by_provider", sessions=self._sessions.end_of_provider(session))

    def _open(
        self, identity: Identity, device: Device, provider_session: str | None
    ) -> tuple[str, Session]:
        principal = self._users.enter(identity)
        log.info(
            "signed_in",
            user=principal.name,
            role=principal.role,
            address=device.address,
            source=identity.source,
        )
        return self._sessions.open(
            principal, device, source=identity.source, provider_session=provider_session
        )

    def _provider(self) -> Provider:
        if self.provider is None:
            raise SignOnError("refused", "The site file names no provider.")
        return self.provider


def _groups(claim: Any) -> frozenset[str]:
    """Return the groups of a claim: a list, or one name."""
    if isinstance(claim, str):
        return frozenset({claim})
    return frozenset(str(one) for one in claim) if isinstance(claim, list) else frozenset()
