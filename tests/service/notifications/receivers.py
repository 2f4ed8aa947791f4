"""Who is notified: a webhook whose signatures another implementation checks, and a mail server."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from standardwebhooks import Webhook

from tests.orthanc import free_port
from tests.service.delivery.web import Reply, Request, Web, running_web

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="  # noqa: S105 - of the tests alone


@dataclass
class Hook:
    """A receiver of webhooks that takes only what is signed, and remembers it by id.

    ``before``: answers in its place.
    """

    replies: list[Reply] = field(default_factory=list)
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    web: Web | None = None
    before: Callable[[Request], Reply] | None = None

    @property
    def url(self) -> str:
        assert self.web is not None
        return f"{self.web.url}/hook"

    def answer(self, request: Request) -> Reply:
        headers = {name.lower(): value for name, value in request.headers.items()}
        event = Webhook(SECRET).verify(request.body, headers)  # raises, and so answers nothing
        assert event == json.loads(request.body)
        self.got.append((headers["webhook-id"], event))
        return self.replies.pop(0) if self.replies else Reply(204)


@contextmanager
def running_hook() -> Iterator[Hook]:
    hook = Hook()
    with running_web(lambda request: (hook.before or hook.answer)(request)) as web:
        hook.web = web
        yield hook


@dataclass
class MailServer:
    """What a mail server was handed, for whom."""

    port: int
    got: list[tuple[list[str], Message]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    encrypted: list[bool] = field(default_factory=list)
    farewell: str = "221 Bye"


@contextmanager
def running_mail_server(
    tls: ssl.SSLContext | None = None,
    *,
    password: str | None = None,
    from_the_start: bool = False,
) -> Iterator[MailServer]:
    """Start a mail server on localhost; ``tls``: it asks for STARTTLS, or speaks it at once."""
    server = MailServer(free_port())

    class Handler:
        async def handle_RCPT(
            self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
        ) -> str:
            if address in server.refused:
                return server.refused[address]
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
            assert isinstance(envelope.content, bytes)
            server.got.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
            server.encrypted.append(session.ssl is not None or from_the_start)
            return "250 OK"

        async def handle_QUIT(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
            return server.farewell

    def authenticate(*arguments: Any) -> AuthResult:
        data = arguments[-1]
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == (password or "").encode(), handled=False)

    controller = Controller(
        Handler(),
        hostname="localhost",
        port=server.port,
        ssl_context=tls if from_the_start else None,
        tls_context=None if from_the_start else tls,
        require_starttls=tls is not None and not from_the_start,
        authenticator=authenticate,
        auth_required=password is not None,
        auth_require_tls=tls is not None and not from_the_start,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
