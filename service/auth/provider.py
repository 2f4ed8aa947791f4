"""An OpenID provider, as its client sees it: OpenID Connect Core 1.0, by authlib.

Authorization code with PKCE (RFC 7636), discovery, back-channel logout.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests
import structlog

from radiograde.service.auth.credentials import Clock, digest, new_token, utc_now
from radiograde.service.auth.sign_on_error import SignOnError
from radiograde.service.config.sign_in_elsewhere import OidcConfig

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session
    from joserfc.jwk import KeySet
    from joserfc.jwt import Token

log = structlog.get_logger("radiograde.access")

CALLBACK = "/v1/session/sign-on/callback"
"""Where the provider sends a browser back to, below the page's address."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
ALGORITHMS_OF_CURVES = ("EdDSA", "Ed25519")
"""Signatures that are taken; neither none nor one by the client's secret."""

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LEEWAY_S = 60
"""How far the provider's clock may be off."""

LOGOUT_LIFE = timedelta(minutes=5)
METADATA_LIFE_S = 3600.0
KEYS_AGAIN_S = 60.0
"""Strangers' tokens with keys of unknown names do not make us ask for keys more often."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way. All that is sent along is made of one secret of the browser's."""

    secret: str

    @classmethod
    def new(cls) -> Attempt:
        """Return one that nobody can guess."""
        return cls(new_token())

    @property
    def state(self) -> str:
        """Tells that the answer is to this browser's question: RFC 6749 section 10.12."""
        return digest(f"state {self.secret}")

    @property
    def nonce(self) -> str:
        """Tells that a token was made for this attempt: Core section 3.1.2.1."""
        return digest(f"nonce {self.secret}")

    @property
    def verifier(self) -> str:
        """Tells the provider that who redeems a code asked for it: RFC 7636."""
        return digest(f"verifier {self.secret}")


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Whom a provider has signed out; ``session``: of which one session alone."""

    subject: str | None
    session: str | None


class Provider:
    """One provider; safe to share among threads. Every method raises SignOnError where it fails."""

    def __init__(self, config: OidcConfig, now: Clock = utc_now) -> None:
        self.config = config
        self._now = now
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._logouts: dict[str, float] = {}

    def address(self, attempt: Attempt) -> str:
        """Return where a browser is sent to sign in."""
        with self._client() as client:
            more = {"acr_values": " ".join(self.config.acr)} if self.config.acr else {}
            url, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=attempt.state,
                code_verifier=attempt.verifier,
                nonce=attempt.nonce,
                **more,
            )
        return str(url)

    def redeem(self, attempt: Attempt, answer: Mapping[str, str]) -> dict[str, Any]:
        """Return the claims about whom the provider signed in, by its answer to the browser."""
        from authlib.integrations.base_client import OAuthError

        if answer.get("state") != attempt.state:
            raise _refused("The answer is to another question than this browser's.")
        if answer.get("iss", self.config.issuer) != self.config.issuer:
            raise _refused("The answer is of another provider.")  # RFC 9207
        if "code" not in answer:
            raise _refused(f"The provider signs nobody in: {_plain(answer.get('error', ''))}.")
        try:
            with self._client() as client:
                token = client.fetch_token(
                    self._endpoint("token_endpoint"),
                    code=answer["code"],
                    code_verifier=attempt.verifier,
                    timeout=self.config.timeout_s,
                )
                claims = self._claims_of(token, attempt)
                return claims | self._more_claims(client, claims)
        except OAuthError as error:
            raise _refused(f"The provider takes no code: {_plain(error.error)}.") from error
        except (requests.RequestException, ValueError) as error:
            raise self._unreachable() from error

    def signed_out(self, logout_token: str) -> SignedOut:
        """Return whom a logout token signs out: OpenID Connect Back-Channel Logout 1.0, 2.6."""
        token = self._decoded(logout_token)
        claims = token.claims
        self._check(token, essential=("iss", "aud", "iat", "jti", "events"))
        age = self._now().timestamp() - float(claims["iat"])
        events = claims["events"]
        if not (isinstance(events, dict) and LOGOUT_EVENT in events) or "nonce" in claims:
            raise _refused("The token is none to sign out by.")
        if age > LOGOUT_LIFE.total_seconds():
            raise _refused("The token is too old to sign out by.")
        if "sub" not in claims and "sid" not in claims:
            raise _refused("The token signs out nobody.")
        self._check_is_new(str(claims["jti"]))
        return SignedOut(claims.get("sub"), claims.get("sid"))

    def sign_out_address(self) -> str | None:
        """Return where a browser is sent to end the provider's session, too; None: nowhere."""
        from authlib.common.urls import add_params_to_uri

        end = self._known().get("end_session_endpoint")
        if end is None:
            return None
        back = {
            "client_id": self.config.client_id,
            "post_logout_redirect_uri": self.config.page_url,
        }
        return str(add_params_to_uri(end, list(back.items())))

    def _claims_of(self, token: dict[str, Any], attempt: Attempt) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        decoded = self._decoded(str(token.get("id_token", "")))
        self._check(decoded, essential=("iss", "sub", "aud", "exp", "iat", "nonce"))
        expected = {
            "nonce": attempt.nonce,
            "client_id": self.config.client_id,
            "access_token": token.get("access_token"),
        }
        claims = CodeIDToken(decoded.claims, decoded.header, {}, expected)
        try:
            claims.validate(int(self._now().timestamp()), LEEWAY_S)
        except JoseError as error:
            raise _refused("The token is not of this sign-in.") from error
        if self.config.acr and claims.get("acr") not in self.config.acr:
            raise SignOnError("second_factor", "Sign in with the second factor that is asked for.")
        return dict(claims)

    def _more_claims(self, client: OAuth2Session, claims: dict[str, Any]) -> dict[str, Any]:
        """Return what the token leaves to the provider's UserInfo: Core section 5.3."""
        wanted = (self.config.name_claim, self.config.groups_claim)
        where = self._known().get("userinfo_endpoint")
        if where is None or all(name in claims for name in wanted):
            return {}
        answer = client.get(where, timeout=self.config.timeout_s)
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict) or found.get("sub") != claims["sub"]:
            raise _refused("The provider tells of somebody else.")
        return {name: found[name] for name in wanted if name in found and name not in claims}

    def _check(self, token: Token, essential: tuple[str, ...]) -> None:
        """Check of whom and for whom a token is, and that it holds now."""
        from joserfc.errors import JoseError
        from joserfc.jwt import JWTClaimsRegistry

        wanted: dict[str, Any] = {name: {"essential": True} for name in essential}
        wanted["iss"] |= {"value": self.config.issuer}
        wanted["aud"] |= {"value": self.config.client_id}
        now = int(self._now().timestamp())
        try:
            JWTClaimsRegistry(now, LEEWAY_S, **wanted).validate(token.claims)
        except JoseError as error:
            raise _refused("The token is of another provider, for another, or over.") from error

    def _decoded(self, token: str) -> Token:
        from joserfc import jwt
        from joserfc.errors import JoseError

        known = self._known().get("id_token_signing_alg_values_supported", ["RS256"])
        taken = [one for one in known if one in (*ALGORITHMS, *ALGORITHMS_OF_CURVES)]
        cause: Exception | None = None
        for again in (False, True):  # a provider changes its keys
            keys = self._signing_keys(again=again)
            try:
                return jwt.decode(token, keys, algorithms=taken)
            except (JoseError, ValueError) as error:
                cause = error
        raise _refused("The token was not signed by the provider.") from cause

    def _signing_keys(self, *, again: bool) -> KeySet:
        with self._lock:
            kept = self._keys
        life = KEYS_AGAIN_S if again else METADATA_LIFE_S
        if kept is None or time.monotonic() - kept[0] > life:
            kept = time.monotonic(), _key_set(self._document(self._endpoint("jwks_uri")))
            with self._lock:
                self._keys = kept
        return kept[1]

    def _endpoint(self, name: str) -> str:
        try:
            return str(self._known()[name])
        except KeyError as error:
            raise _refused(f"The provider has no {name}.") from error

    def _known(self) -> dict[str, Any]:
        """Return the provider's metadata: OpenID Connect Discovery 1.0 section 4."""
        with self._lock:
            kept = self._metadata
        if kept is None or time.monotonic() - kept[0] > METADATA_LIFE_S:
            where = f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = self._document(where)
            if found.get("issuer") != self.config.issuer:
                raise _refused("The provider calls itself otherwise than `issuer`.")
            kept = time.monotonic(), found
            with self._lock:
                self._metadata = kept
        return kept[1]

    def _document(self, url: str) -> dict[str, Any]:
        try:
            answer = requests.get(url, timeout=self.config.timeout_s, verify=self._trusted)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise self._unreachable() from error
        if not isinstance(found, dict):
            raise self._unreachable()
        return found

    @property
    def _trusted(self) -> str | bool:
        return True if self.config.ca is None else str(self.config.ca)

    def _client(self) -> OAuth2Session:
        from authlib.integrations.requests_client import OAuth2Session

        secret = self.config.client_secret
        client = OAuth2Session(
            self.config.client_id,
            None if secret is None else secret.get_secret_value(),
            token_endpoint_auth_method="none" if secret is None else "client_secret_basic",
            scope=" ".join(self.config.scopes),
            redirect_uri=self.config.page + CALLBACK,
            code_challenge_method="S256",
        )
        client.verify = self._trusted
        return client

    def _check_is_new(self, id: str) -> None:
        """Raise SignOnError for a logout token that was used before."""
        now = self._now().timestamp()
        with self._lock:
            oldest = now - LOGOUT_LIFE.total_seconds() - LEEWAY_S
            self._logouts = {one: at for one, at in self._logouts.items() if at > oldest}
            if id in self._logouts:
                raise _refused("The token was used before.")
            self._logouts[id] = now

    def _unreachable(self) -> SignOnError:
        log.warning("provider_unreachable")
        return SignOnError("unreachable", "The provider does not answer. Sign in here.")


def _key_set(document: Mapping[str, Any]) -> KeySet:
    """Return the keys of a JWK Set, RFC 7517 section 5. Raises SignOnError: it is none."""
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        return KeySet.import_key_set({"keys": document["keys"]})
    except (JoseError, LookupError, TypeError, ValueError) as error:
        raise _refused("The provider's keys cannot be read.") from error


def _refused(why: str) -> SignOnError:
    log.warning("sign_on_refused", why=why)
    return SignOnError("refused", why)


def _plain(code: object) -> str:
    """Return an error code of RFC 6749 as it may be shown and logged."""
    text = str(code)[:64]
    return text if text.replace("_", "").isalpha() and text.isascii() else "no reason that fits"
