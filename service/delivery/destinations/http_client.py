"""Requests to a destination over HTTP: signed in, within time-outs, and never led elsewhere."""

from __future__ import annotations

import io
import re
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import HTTPError, ReadTimeoutError

from radiograde.model.errors import TooLargeError
from radiograde.service.config.site import ClientTls, HttpEndpointConfig
from radiograde.service.delivery.destinations.destination import Step
from radiograde.service.delivery.destinations.http_answer import Answer, Download
from radiograde.service.delivery.destinations.network import Endpoint
from radiograde.service.delivery.destinations.retry_after import retry_after_s
from radiograde.service.errors import SiteError, UnreachableError

_LONGEST_ANSWER = 16 * 1024 * 1024
_PIECE = 64 * 1024
_SLOWEST_LINK = 100_000
"""Bytes a second: the time for an answer grows with it."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class HttpClient:
    """Talks to one base URL; safe to share among threads.

    ``where``: what it connects to. ``proxied``: the environment names a proxy on the way there.
    ``exposed``: a sign-in travels unencrypted.
    """

    def __init__(self, destination: HttpEndpointConfig) -> None:
        """Take the secrets from their variables.

        Raises:
            SiteError: such a variable is empty, or holds what no token is.
        """
        parts = urlsplit(destination.url)
        encrypted = parts.scheme == "https"
        port = parts.port or (443 if encrypted else 80)
        tls = (destination.tls or ClientTls()) if encrypted else None
        self.where = Endpoint(parts.hostname or "", port, destination.timeout_s, tls)
        self.proxied = (
            select_proxy(destination.url, get_environ_proxies(destination.url)) is not None
        )
        self._auth = _sign_in(destination)
        self.exposed = not encrypted and not isinstance(self._auth, _Anonymous)
        self._url = destination.url.rstrip("/")
        self._timeout_s = destination.timeout_s

    def reachable_steps(self) -> list[Step]:
        """Return the steps up to a connection; behind a proxy only the proxy knows of those."""
        steps: list[Step] = []
        if self.exposed:
            steps.append(("the sign-in is kept secret on its way", _advise_encryption))
        if self.proxied:
            return steps
        return [
            *steps,
            (f"{self.where.host} is found", self.where.resolve),
            (f"{self.where} accepts connections", self.where.connect),
        ]

    def get(self, path: str, accept: str) -> Answer:
        """Return what a path below the base URL answers.

        Raises:
            UnreachableError: nothing does, or it points elsewhere.
        """
        return self._answer("GET", path, {"Accept": accept}, None)

    def download(self, path: str, accept: str, most: int) -> Download:
        """Return what a path below the base URL answers, as bytes, ``most`` of them.

        Raises:
            UnreachableError: nothing does, or it points elsewhere.
            TooLargeError: it goes on beyond that.
        """
        return self._request("GET", path, {"Accept": accept}, None, most)

    def post(
        self,
        path: str,
        body: bytes,
        content_type: str,
        accept: str,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return what a path below the base URL answers to a body; ``more``: headers.

        Raises:
            UnreachableError: nothing does, or it points elsewhere.
        """
        headers = {"Accept": accept, "Content-Type": content_type} | dict(more or {})
        return self._answer("POST", path, headers, body)

    def put(self, path: str, body: bytes, content_type: str, version: str | None) -> Answer:
        """Return what a path below the base URL answers to new content.

        ``version``: the entity tag of what it replaces; None: of whatever is there.

        Raises:
            UnreachableError: nothing does, or it points elsewhere.
        """
        headers = {"Accept": content_type, "Content-Type": content_type}
        if version is not None:
            headers["If-Match"] = version
        return self._answer("PUT", path, headers, body)

    def _answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> Answer:
        try:
            return self._request(method, path, headers, body).to_answer()
        except TooLargeError as error:
            raise UnreachableError(f"{self.where} answers without end. Check `url`.") from error

    def _request(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None,
        most: int = _LONGEST_ANSWER,
    ) -> Download:
        try:
            with requests.Session() as session:
                session.mount("https://", _TlsAdapter(self.where.tls_context()))
                with session.request(
                    method,
                    self._url + path,
                    # A stream is sent in pieces, each with the whole time-out for itself.
                    data=None if body is None else io.BytesIO(body),
                    headers=headers | {"User-Agent": "radiograde", "Accept-Encoding": "identity"},
                    auth=self._auth,
                    timeout=self._timeout_s,
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    answer = Download(
                        response.status_code,
                        response.headers.get("Content-Type", ""),
                        self._body(response, most),
                        retry_after_s(response.headers),
                    )
        except requests.exceptions.ProxyError as error:
            raise UnreachableError(
                f"The proxy on the way to {self.where} does not let it through. "
                "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
            ) from error
        except (requests.exceptions.ReadTimeout, ReadTimeoutError) as error:
            raise self._silent() from error
        except (requests.exceptions.RequestException, HTTPError) as error:
            raise self._broken() from error
        if answer.status // 100 == 3:
            raise UnreachableError(
                f"{self.where} points to another address. Write the one that it ends at as `url`; "
                "documents and sign-ins are sent nowhere else."
            )
        return answer

    def _body(self, response: requests.Response, most: int) -> bytes:
        """Return the body; a trickle ends in UnreachableError, a flood in TooLargeError."""
        began = time.monotonic()
        body = bytearray()
        while piece := response.raw.read1(_PIECE, decode_content=True):
            body += piece
            if time.monotonic() - began > self._timeout_s + len(body) / _SLOWEST_LINK:
                raise self._silent()
            if len(body) > most:
                raise TooLargeError(f"{self.where} sends more than {most} bytes.")
        return bytes(body)

    def _silent(self) -> UnreachableError:
        return UnreachableError(
            f"{self.where} does not answer in full within {self._timeout_s:g} s. "
            "It is tried again later."
        )

    def _broken(self) -> UnreachableError:
        """Return why there was no answer; where there is no connection either, that is why."""
        try:
            if not self.proxied:
                self.where.resolve()
                self.where.connect()
        except UnreachableError as error:
            return error
        return UnreachableError(
            f"{self.where} ended the connection before it answered. It is tried again later."
        )


class _Anonymous(AuthBase):
    """No sign-in; unlike None, it keeps requests from looking for one in ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request as it is."""
        return request


class _Bearer(AuthBase):
    """A bearer token, RFC 6750 section 2.1."""

    def __init__(self, token: str, variable: str) -> None:
        # Anything else would break the header, and the error would quote it.
        if not _TOKEN.fullmatch(token):
            raise SiteError(f"The environment variable {variable} holds no bearer token.")
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _TlsAdapter(HTTPAdapter):
    """Trusts whom the site file says, else whom this computer trusts; not requests' own list."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__()

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        where, _ = super().build_connection_pool_key_attributes(request, *args, **kwargs)
        return where, {"ssl_context": self._context}

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Leave the context as it is."""


def _sign_in(destination: HttpEndpointConfig) -> AuthBase:
    """Return how a destination is signed in to.

    Raises:
        SiteError: a variable with a secret is empty, or holds what no token is.
    """
    token, password = destination.token, destination.password
    if token is not None:
        return _Bearer(token.get_secret_value().strip(), str(destination.token_env))
    if destination.user is not None and password is not None:
        return HTTPBasicAuth(destination.user.encode(), password.get_secret_value().encode())
    return _Anonymous()


def _advise_encryption() -> str:
    return "Password and films' data travel in clear. Use an https address."
