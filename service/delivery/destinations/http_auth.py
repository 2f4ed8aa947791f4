"""Signing in over HTTP: by password, by token, or not at all."""

from __future__ import annotations

import re

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from radiograde.service.config.site import DicomWebDestinationConfig, FhirDestinationConfig
from radiograde.service.errors import SiteError

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class Anonymous(AuthBase):
    """No sign-in; unlike None, it keeps requests from looking for one in ~/.netrc."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Return the request as it is."""
        return request


def sign_in(destination: DicomWebDestinationConfig | FhirDestinationConfig) -> AuthBase:
    """Return how a destination is signed in to.

    Raises:
        SiteError: a variable with a secret is empty, or holds what no token is.
    """
    token, password = destination.token, destination.password
    if token is not None:
        return _Bearer(token.get_secret_value().strip(), str(destination.token_env))
    if destination.user is not None and password is not None:
        return HTTPBasicAuth(destination.user.encode(), password.get_secret_value().encode())
    return Anonymous()


class _Bearer(AuthBase):
    """A bearer token, RFC 6750 section 2.1."""

    def __init__(self, token: str, variable: str) -> None:
        # Anything else would break the header, and the error would quote it.
        if not _TOKEN.fullmatch(token):
            raise SiteError(f"The environment variable {variable} holds no bearer token.")
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request
