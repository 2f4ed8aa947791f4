"""Starting and ending the listener for HL7 messages, as the site file has it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from radiograde.service.config.loopback import is_loopback
from radiograde.service.config.site import Hl7Config
from radiograde.service.errors import AddressError, UnsafeHostError
from radiograde.service.hl7_listener.message_handler import MessageHandler
from radiograde.service.hl7_listener.mllp_server import MllpServer
from radiograde.service.threaded_server import renewed_context


@contextmanager
def running_hl7_listener(
    config: Hl7Config, handler: MessageHandler, *, allow_insecure: bool = False
) -> Iterator[int]:
    """Take messages within the ``with`` block; yield the port.

    Raises:
        UnsafeHostError: anyone in the network could send, and that was not allowed.
        SiteError: the files of TLS cannot be used.
        AddressError: the address is not this computer's, or the port is taken.
    """
    _check_exposure(config, allow_insecure=allow_insecure)
    context = renewed_context(config.tls, "hl7.tls")
    try:
        server = MllpServer(config, handler.answer, context)
    except OSError as error:
        raise AddressError(
            f"Cannot listen on {config.host} port {config.port} for HL7: {error.strerror}. "
            "Choose another in the site file, hl7.port."
        ) from error
    threading.Thread(target=server.serve_forever, name="hl7", daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()


def _check_exposure(config: Hl7Config, *, allow_insecure: bool) -> None:
    guarded = bool(config.allow_from) or (config.tls is not None and config.tls.ca is not None)
    if not (guarded or allow_insecure or is_loopback(config.host)):
        raise UnsafeHostError(
            f"On {config.host} anyone in the network could send HL7 messages. In the site file, "
            "name the addresses that may (hl7.allow_from), or ask for certificates (hl7.tls.ca); "
            "or accept it with --allow-insecure (RADIOGRADE_ALLOW_INSECURE=true)."
        )
