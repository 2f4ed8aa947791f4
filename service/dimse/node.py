"""The DICOM node: Verification, Storage and Storage Commitment, started and ended."""

from __future__ import annotations

import threading
from collections.abc import Collection
from types import TracebackType
from typing import Self

from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.config.site import NodeConfig
from radiograde.service.dicom_pdu import P_DATA_BYTES, PduLimits
from radiograde.service.dimse.accepted_association import Services
from radiograde.service.dimse.acceptor import Acceptor, Admission
from radiograde.service.dimse.association_rules import AllowedTitles, check_exposure
from radiograde.service.dimse.commitment import Commitment, KeptInstances
from radiograde.service.dimse.commitment_inbox import (
    CommitmentInbox,
    TakeReport,
    nobody_waits,
)
from radiograde.service.dimse.commitment_report import Reporter
from radiograde.service.dimse.connections import Connections
from radiograde.service.dimse.message_reader import MessageLimits
from radiograde.service.dimse.node_audit import NodeAudit
from radiograde.service.dimse.storage import Storage
from radiograde.service.errors import AddressError
from radiograde.service.films.intake import Intake
from radiograde.service.threaded_server import renewed_context


class Node:
    """A running node; as a context manager it is closed at the end."""

    def __init__(self, server: Acceptor, reporter: Reporter) -> None:
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
    report_from: Collection[str] = (),
    take_report: TakeReport = nobody_waits,
    audit: AuditLog | None = None,
) -> Node:
    """Return a node that takes associations from now on; ``node.port`` is where.

    ``config``: its title, address, callers, limits and TLS. ``intake``: keeps what is stored.
    ``kept_instances``: knows what is kept. ``allow_insecure``: let anyone in the network store.
    ``report_from``: titles of archives that are asked for storage commitment; ``take_report``: gets
    what they report. ``audit``: records what is stored and asked.

    Raises:
        UnsafeHostError: anyone in the network could store, and that was not allowed.
        SiteError: the files of TLS cannot be used.
        AddressError: the address is not this computer's, or the port is taken.
    """
    check_exposure(config, allow_insecure=allow_insecure)
    allowed = AllowedTitles.of(config, report_from)
    reporter = Reporter(config.aet, config.peers)
    most_bytes = config.max_object_mb * 2**20
    node_audit = NodeAudit(audit)
    storage = Storage(intake, allowed, most_bytes, node_audit)
    commitment = Commitment(kept_instances, allowed, reporter, node_audit)
    inbox = CommitmentInbox(take_report, allowed)
    pdu_limits = PduLimits(P_DATA_BYTES, config.idle_timeout_s)
    connections = Connections(config.associations, config.associations_per_address)
    try:
        server = Acceptor(
            (config.host, config.port),
            Services(storage.store, commitment.commit, inbox.answer),
            Admission(config.aet, allowed, connections),
            MessageLimits(pdu_limits, most_bytes, 2 * most_bytes),
            renewed_context(config.tls, "node.tls"),
        )
    except OSError as error:
        raise AddressError(
            f"Cannot listen on {config.host} port {config.port}: {error.strerror}. "
            "Choose another with --port or --host."
        ) from error
    threading.Thread(target=server.serve_forever, name="dicom-node", daemon=True).start()
    return Node(server, reporter)
