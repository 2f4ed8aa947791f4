"""The DICOM node: Verification, Storage and Storage Commitment, started and ended."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Self

import structlog
from pydicom.uid import UID
from pynetdicom import AE, _config, evt
from pynetdicom.events import Event
from pynetdicom.transport import AssociationServer

from radiograde.service.config.site import NodeConfig, ServerTls
from radiograde.service.dicom_pdu import P_DATA_BYTES, PduLimits
from radiograde.service.dimse.acceptor import REQUEST_S, Acceptor, Admission
from radiograde.service.dimse.association_request import printable
from radiograde.service.dimse.association_rules import (
    AllowedTitles,
    check_exposure,
    supported_contexts,
)
from radiograde.service.dimse.commitment import Commitment, KeptInstances
from radiograde.service.dimse.commitment_report import Reporter
from radiograde.service.dimse.connections import Connections
from radiograde.service.dimse.message_limit import MessageLimit
from radiograde.service.dimse.storage import Storage
from radiograde.service.documents.document_uids import IMPLEMENTATION_CLASS_UID
from radiograde.service.errors import AddressError, CertificateError, SiteError
from radiograde.service.films.intake import Intake
from radiograde.service.tls import RenewedContext, TlsFiles

log = structlog.get_logger("radiograde.node")


class Node:
    """A running node; as a context manager it is closed at the end."""

    def __init__(self, server: AssociationServer, reporter: Reporter) -> None:
        self._server = server
        self._reporter = reporter
        self.port = int(server.server_address[1])

    def close(self) -> None:
        """Stop listening, end all associations, and give up reports that wait."""
        self._server.shutdown()
        self._reporter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def start_node(
    config: NodeConfig,
    intake: Intake,
    kept_instances: KeptInstances,
    *,
    allow_insecure: bool = False,
) -> Node:
    """Return a node that takes associations from now on; ``node.port`` is where.

    ``config``: its title, address, callers, limits and TLS. ``intake``: keeps what is stored.
    ``kept_instances``: knows what is kept. ``allow_insecure``: let anyone in the network store.

    Raises:
        UnsafeHostError: anyone in the network could store, and that was not allowed.
        SiteError: the files of TLS cannot be used.
        AddressError: the address is not this computer's, or the port is taken.
    """
    check_exposure(config, allow_insecure=allow_insecure)
    allowed = AllowedTitles.of(config)
    reporter = Reporter(config.aet, config.peers)
    storage = Storage(intake, allowed, config.max_object_mb * 2**20)
    commitment = Commitment(kept_instances, allowed, reporter)
    # Storage classes that pynetdicom does not know, private ones too, are stored like the others.
    _config.UNRESTRICTED_STORAGE_SERVICE = True
    _config.USE_SHORT_DIMSE_AET = True
    limit = MessageLimit(2 * config.max_object_mb * 2**20, config.idle_timeout_s)
    connections = Connections(config.associations, config.associations_per_address)
    try:
        server = _entity(config).make_server(
            (config.host, config.port),
            contexts=supported_contexts(),
            evt_handlers=[
                (evt.EVT_DATA_RECV, limit.count),
                (evt.EVT_DIMSE_RECV, limit.forget),
                (evt.EVT_C_STORE, storage.store),
                (evt.EVT_N_ACTION, commitment.commit),
                (evt.EVT_RELEASED, _log_outcome, ["released"]),
                (evt.EVT_ABORTED, _log_outcome, ["aborted"]),
            ],
            server_class=Acceptor,
            admission=Admission(config.aet, allowed, connections),
            limits=PduLimits(P_DATA_BYTES, config.idle_timeout_s),
            tls=None if config.tls is None else _renewed_context(config.tls),
        )
    except OSError as error:
        raise AddressError(
            f"Cannot listen on {config.host} port {config.port}: {error.strerror}. "
            "Choose another with --port or --host."
        ) from error
    threading.Thread(target=server.serve_forever, name="dicom-node", daemon=True).start()
    return Node(server, reporter)


def _entity(config: NodeConfig) -> AE:
    ae = AE(config.aet)
    ae.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    # Who is let in, and how many, is decided before pynetdicom is asked.
    ae.maximum_associations = sys.maxsize
    ae.maximum_pdu_size = P_DATA_BYTES
    ae.network_timeout = ae.dimse_timeout = config.idle_timeout_s
    ae.acse_timeout = min(REQUEST_S, config.idle_timeout_s)
    return ae


def _renewed_context(tls: ServerTls) -> RenewedContext:
    try:
        return RenewedContext(TlsFiles(tls.certificate, tls.key, tls.ca))
    except CertificateError as error:
        raise SiteError(
            f"The node's TLS cannot be set up: {error.message}. In the site file, node.tls needs "
            "`certificate` and `key` as PEM files that belong together, the key without a "
            "password, and as `ca` the PEM file of those who sign the callers' certificates."
        ) from error


def _log_outcome(event: Event, outcome: str) -> None:
    caller = event.assoc.requestor
    log.info(
        "association",
        outcome=outcome,
        calling=printable(caller.ae_title),
        address=caller.address,
        reason=_reason(event) if outcome == "aborted" else None,
    )


def _reason(event: Event) -> str:
    """Return why an association was aborted."""
    fault = getattr(event.assoc.dul.socket, "fault", None)
    if fault:
        return str(fault)
    if event.assoc.dul.idle_timer_expired():
        return f"silent for {event.assoc.network_timeout:g} s"
    return "ended by the caller, or the connection was lost"
