"""TLS of the node, PS3.15 B.12: version 1.2 and newer; certificates of callers where asked for."""

from __future__ import annotations

import ssl

from radiograde.service.config.site import ServerTls
from radiograde.service.errors import SiteError


def server_context(tls: ServerTls) -> ssl.SSLContext:
    """Return the server side of TLS.

    Raises:
        SiteError: a file is absent, is no PEM, or certificate and key do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An empty password makes a locked key an error; without it OpenSSL asks the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password="")
        if tls.ca is not None:
            context.load_verify_locations(tls.ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise SiteError(
            f"The node's TLS cannot be set up ({_words(error)}). In the site file, node.tls needs "
            "`certificate` and `key` as PEM files that belong together, the key without a "
            "password, and as `ca` the PEM file of those who sign the callers' certificates."
        ) from error
    return context


def _words(error: OSError | ValueError) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or "not readable"
