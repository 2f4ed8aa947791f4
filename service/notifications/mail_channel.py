"""Notifications by mail: SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the start."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import format_datetime

import structlog

from radiograde.service.config.notify import MailConfig
from radiograde.service.config.site import ClientTls
from radiograde.service.delivery.destinations.destination import Finding, run_steps
from radiograde.service.delivery.destinations.network import Endpoint
from radiograde.service.errors import RefusedError, UnreachableError
from radiograde.service.notifications.notice import Message
from radiograde.service.tls import cause_of

log = structlog.get_logger("radiograde.notifications")

_PERMANENT = 500


class MailChannel:
    """Hands each message to a mail server, for all who are to get it."""

    def __init__(self, channel: MailConfig) -> None:
        """Take the password from where it is.

        Raises:
            SiteError: it is not there.
        """
        self._config = channel
        self._password = channel.password
        tls = None if channel.encryption == "none" else channel.tls or ClientTls()
        self._where = Endpoint(channel.host, channel.port, channel.timeout_s, tls)

    def send(self, message: Message) -> None:
        """Hand over a message; its Message-ID is the same at every attempt.

        Raises:
            UnreachableError: no answer, no TLS, a sign-in that fails, a server that is busy.
            RefusedError: the server will not have the message, or none of those that it is for.
        """
        mail = self._mail(message)
        with self._session() as server:
            refused = server.send_message(mail, self._config.sender, self._config.to)
        if refused:
            log.warning("mail_refused_for_some", channel=self._config.name, count=len(refused))

    def check(self) -> list[Finding]:
        """Return what a session says up to who is to get it; no mail is sent."""
        steps = [
            (f"{self._where.host} is found", self._where.resolve),
            ("the sign-in is kept secret on its way", self._advise_encryption),
            ("takes mail for all", self._try_envelope),
        ]
        return run_steps(steps)

    def _advise_encryption(self) -> str | None:
        if self._config.encryption != "none":
            return None
        return "Mail travels in clear. Set encryption to starttls or tls."

    def _try_envelope(self) -> str | None:
        with self._session() as server:
            server.ehlo_or_helo_if_needed()
            code, reply = server.mail(self._config.sender)
            if code // 100 != 2:
                raise smtplib.SMTPSenderRefused(code, reply, self._config.sender)
            answers = [server.rcpt(address) for address in self._config.to]
            server.rset()
        refused = sum(code // 100 != 2 for code, _ in answers)
        if refused == len(answers):
            raise RefusedError(f"{self._where} takes mail for none of `to`.")
        return f"{self._where} takes no mail for {refused} of `to`." if refused else None

    def _mail(self, message: Message) -> EmailMessage:
        config = self._config
        mail = EmailMessage()
        mail["Subject"] = f"Radiograde: {message.title}"
        mail["From"] = config.sender
        mail["To"] = ", ".join(config.to)
        mail["Date"] = format_datetime(message.created)
        mail["Message-ID"] = f"<{message.id}@{config.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers that they are away
        mail.set_content(message.text())
        return mail

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """Yield a session that is signed in, and put what goes wrong in it in words."""
        try:
            with _ended(self._connected()) as server:
                if self._config.user is not None and self._password is not None:
                    server.login(self._config.user, self._password.get_secret_value())
                yield server
        except smtplib.SMTPAuthenticationError as error:
            raise UnreachableError(
                f"{self._where} does not take the sign-in. Check `user` and its password."
            ) from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            if all(code >= _PERMANENT for code in codes):
                raise RefusedError(f"{self._where} takes mail for none of `to`.") from error
            raise self._busy(max(codes)) from error
        except smtplib.SMTPResponseException as error:
            if error.smtp_code >= _PERMANENT:
                raise RefusedError(f"{self._where} answers {error.smtp_code}.") from error
            raise self._busy(error.smtp_code) from error
        except smtplib.SMTPNotSupportedError as error:
            raise UnreachableError(
                f"{self._where} offers no STARTTLS or no sign-in. Check `port` and `encryption`."
            ) from error
        except ssl.SSLError as error:
            raise UnreachableError(
                f"{self._where} and this computer agree on no TLS: {cause_of(error)}."
            ) from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise UnreachableError(
                f"{self._where} does not answer as a mail server. Check that it runs, and host, "
                "`port` and `encryption`."
            ) from error

    def _connected(self) -> smtplib.SMTP:
        host, port, timeout_s = self._where.host, self._where.port, self._where.timeout_s
        context = self._where.tls_context()
        if self._config.encryption == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=timeout_s, context=context)
        server = smtplib.SMTP(host, port, timeout=timeout_s)
        try:
            if self._config.encryption == "starttls":
                server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server

    def _busy(self, code: int) -> UnreachableError:
        return UnreachableError(f"{self._where} answers {code}. It is tried again later.")


@contextmanager
def _ended(server: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """Yield a session, and end it; what QUIT is answered is no matter of the mail before."""
    try:
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()
