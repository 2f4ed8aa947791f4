"""The DICOM node: Verification, Storage and Storage Commitment, started and ended."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import structlog
from pydicom.uid import UID
from pynetdicom import AE, _config, evt
from pynetdicom.events import Event
from pynetdicom.transport import AssociationServer

from radiograde.service.config.site import NodeConfig
from radiograde.service.dimse.acceptor import Acceptor, ObjectLimit, server_context
from radiograde.service.dimse.association_rules import (
    AllowedTitles,
    check_exposure,
    limit_waits,
    supported_contexts,
)
from radiograde.service.dimse.commitment import Commitment, KeptInstances
from radiograde.service.dimse.commitment_report import Reporter
from radiograde.service.dimse.storage import Storage
from radiograde.service.documents.document_uids import IMPLEMENTATION_CLASS_UID
from radiograde.service.errors import AddressError
from radiograde.service.films.intake import Intake

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
    ae = _entity(config, allowed)
    limit = ObjectLimit(config.max_object_mb * 2**20)
    try:
        server = ae.make_server(
            (config.host, config.port),
            contexts=supported_contexts(),
            evt_handlers=[
                (evt.EVT_CONN_OPEN, limit_waits, [config.idle_timeout_s]),
                (evt.EVT_DATA_RECV, limit.count),
                (evt.EVT_DIMSE_RECV, limit.forget),
                (evt.EVT_C_STORE, storage.store),
                (evt.EVT_N_ACTION, commitment.commit),
                (evt.EVT_RELEASED, _log_outcome, ["released"]),
                (evt.EVT_ABORTED, _log_outcome, ["aborted"]),
                (evt.EVT_REJECTED, _log_outcome, ["rejected"]),
            ],
            server_class=Acceptor,
            tls=None if config.tls is None else server_context(config.tls),
        )
    except OSError as error:
        raise AddressError(
            f"Cannot listen on {config.host} port {config.port}: {error.strerror}. "
            "Choose another with --port or --host."
        ) from error
    threading.Thread(target=server.serve_forever, name="dicom-node", daemon=True).start()
    return Node(server, reporter)


def _entity(config: NodeConfig, allowed: AllowedTitles) -> AE:
    ae = AE(config.aet)
    ae.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    ae.maximum_associations = config.associations
    ae.maximum_pdu_size = 0
    ae.require_called_aet = True
    ae.require_calling_aet = sorted(allowed.titles)
    ae.network_timeout = ae.dimse_timeout = config.idle_timeout_s
    ae.acse_timeout = min(10.0, config.idle_timeout_s)
    return ae


def _log_outcome(event: Event, outcome: str) -> None:
    log.info("association", outcome=outcome)
