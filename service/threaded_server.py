"""A listener with a thread for each connection, in which TLS is agreed on."""

from __future__ import annotations

import socket
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn

from radiograde.service.config.site import ServerTls
from radiograde.service.errors import CertificateError, SiteError
from radiograde.service.tls import RenewedContext, TlsFiles


class ThreadedServer(ThreadingMixIn, TCPServer):
    """Takes connections; the next is taken before TLS has spoken on the last."""

    request_queue_size = 128
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseRequestHandler],
        tls: RenewedContext | None = None,
    ) -> None:
        """Listen from now on. Raises OSError where the address cannot be had."""
        self._tls = tls
        self.address_family = _family_of(address)
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Return the next connection and its address; TLS has not spoken yet."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.current().wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address


def renewed_context(tls: ServerTls | None, table: str) -> RenewedContext | None:
    """Return the TLS of a server, None for none; ``table``: in the site file, as ``node.tls``.

    Raises:
        SiteError: the files cannot be used.
    """
    if tls is None:
        return None
    try:
        return RenewedContext(TlsFiles(tls.certificate, tls.key, tls.ca))
    except CertificateError as error:
        raise SiteError(
            f"TLS cannot be set up: {error.message}. In the site file, {table} needs "
            "`certificate` and `key` as PEM files that belong together, the key without a "
            "password, and as `ca` the PEM file of those who sign the callers' certificates."
        ) from error


def _family_of(address: tuple[str, int]) -> socket.AddressFamily:
    """Return the family of a host, IPv4 where it has both. Raises OSError: it is not known."""
    families = {one[0] for one in socket.getaddrinfo(*address, type=socket.SOCK_STREAM)}
    return socket.AF_INET if socket.AF_INET in families else socket.AF_INET6
