"""Whether a destination's host is found, accepts connections, and speaks TLS as it should."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from radiograde.service.config.site import ClientTls
from radiograde.service.errors import UnreachableError
from radiograde.service.tls import cause_of


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a destination listens; errors and findings name it by this."""

    host: str
    port: int
    timeout_s: float
    tls: ClientTls | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def resolve(self) -> None:
        """Resolve the host's name.

        Raises:
            UnreachableError: no such name.
        """
        try:
            socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise UnreachableError(
                f"The name {self.host} is not known. Check its spelling in the site file, "
                "and this computer's name server."
            ) from error

    def connect(self) -> None:
        """Open a connection and close it again, with TLS where it is used.

        Raises:
            UnreachableError: no connection, or no TLS in common; or a certificate of ours cannot be
                used.
        """
        context = self.tls_context()
        try:
            with socket.create_connection((self.host, self.port), self.timeout_s) as plain:
                if context is not None:
                    context.wrap_socket(plain, server_hostname=self.host).close()
        except ssl.SSLCertVerificationError as error:
            raise UnreachableError(
                f"The certificate of {self} is not trusted: {error.verify_message}. "
                "Name the certificate that signed it as `ca`."
            ) from error
        except ssl.SSLError as error:
            raise UnreachableError(
                f"{self} and this computer agree on no TLS: {cause_of(error)}. Check that the "
                "port speaks TLS, and whether it asks for a `certificate`."
            ) from error
        except TimeoutError as error:
            raise UnreachableError(
                f"{self} does not answer within {self.timeout_s:g} s. Check host and port, "
                "and the firewalls in between."
            ) from error
        except (OSError, UnicodeError) as error:
            raise UnreachableError(
                f"{self} accepts no connection. Check that it runs, and host and port."
            ) from error

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how to speak TLS with it, from the files as they are now; None: without TLS.

        Raises:
            UnreachableError: a file that the site file names cannot be used.
        """
        if self.tls is None:
            return None
        try:
            context = ssl.create_default_context(cafile=self.tls.ca)
            if self.tls.certificate is not None:
                context.load_cert_chain(self.tls.certificate, self.tls.key, password=_no_password)
        except OSError as error:
            problem = _file_problem(self.tls, error)
            raise UnreachableError(
                f"A certificate or key for {self} cannot be used: {problem}. Check that the "
                "files which `tls` names are there, in PEM form, and without a pass phrase."
            ) from error
        return context


def _file_problem(tls: ClientTls, error: OSError) -> str:
    """Return which file it is, where one is absent, and why."""
    for path in (tls.ca, tls.certificate, tls.key):
        try:
            if path is not None:
                path.open().close()
        except OSError as fault:
            return f"{path}: {fault.strerror}"
    return cause_of(error)


def _no_password() -> str:
    # Without this OpenSSL asks at the terminal for an encrypted key's pass phrase, and waits.
    return ""
