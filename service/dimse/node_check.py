"""Whether this installation's own DICOM node runs and answers, as ``radiograde check`` asks it."""

from __future__ import annotations

import ssl
from typing import cast

from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import build_context

from radiograde.service.config.site import NodeConfig
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.delivery.destinations.network import Endpoint
from radiograde.service.dicom_pdu import bound_socket
from radiograde.service.dimse.association_rules import VERIFICATION
from radiograde.service.errors import UnreachableError

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what is listened on, and called


def check_node(config: NodeConfig, timeout_s: float) -> Finding:
    """Return what a C-ECHO to the node came to."""
    where = Endpoint(_ANY.get(config.host, config.host), config.port, timeout_s)
    what = f"The DICOM node {config.aet} answers at {where}"
    try:
        where.connect()
    except UnreachableError:
        return Finding(
            f"No DICOM node runs at {where}",
            "warn",
            "Start `radiograde listen` if films are to come by DICOM or from folders.",
        )
    try:
        association = _associate(config, where)
    except OSError as error:
        return Finding(what, "fail", f"The files of node.tls cannot be used: {error.strerror}.")
    try:
        return _judged(association, config, what)
    finally:
        if association.is_established:
            association.release()


def _associate(config: NodeConfig, where: Endpoint) -> Association:
    ae = AE((config.store_from or config.commit_from or (config.aet,))[0])
    ae.connection_timeout = ae.acse_timeout = where.timeout_s
    ae.dimse_timeout = ae.network_timeout = where.timeout_s
    return ae.associate(
        where.host,
        where.port,
        contexts=[build_context(VERIFICATION)],
        ae_title=config.aet,
        tls_args=None if config.tls is None else (_tls_context(config), where.host),
        evt_handlers=[(evt.EVT_CONN_OPEN, bound_socket, [where.timeout_s])],
    )


def _tls_context(config: NodeConfig) -> ssl.SSLContext:
    """Return TLS towards the own node, by its own certificate, whose name need not fit here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if config.tls is not None:
        context.load_cert_chain(config.tls.certificate, config.tls.key, password="")
    return context


def _judged(association: Association, config: NodeConfig, what: str) -> Finding:
    if association.is_rejected:
        reason = cast(A_ASSOCIATE, association.acceptor.primitive).reason_str.lower()
        return Finding(
            what,
            "fail",
            f"It rejects the association: {reason}. Was the site file changed after it started? "
            "Its log says more.",
        )
    if not association.is_established:
        asks = config.tls is not None and config.tls.ca is not None
        return Finding(
            what,
            "warn" if asks else "fail",
            "It asks for a certificate of node.tls.ca, which its own is not."
            if asks
            else "It gives no association. Is it a DICOM node, with `node.tls` as the site file "
            "has it? Its log says more.",
        )
    answer = association.send_c_echo()
    if "Status" in answer and answer.Status == 0:
        return Finding(what, "ok")
    return Finding(what, "fail", "It does not answer a C-ECHO. Its log says more.")
