"""An association with a DICOM node, within time-outs, and why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from pydicom.uid import UID
from pynetdicom import AE, build_role, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu_primitives import A_ASSOCIATE, SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext

from radiograde.service.config.site import DicomDestinationConfig
from radiograde.service.delivery.destinations.network import Endpoint
from radiograde.service.dicom_pdu import bound_socket
from radiograde.service.errors import UnreachableError


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is sent films on the association that asked for them: C-GET, PS3.4 C.4.3.

    ``classes``: those that may come. ``take``: takes one, and returns a status.
    """

    classes: Sequence[UID]
    take: Callable[[Event], int]

    def handlers(self) -> list[evt.EventHandlerType]:
        """Return what pynetdicom is to call."""
        return [(evt.EVT_C_STORE, self.take)]

    def roles(self) -> list[SCP_SCU_RoleSelectionNegotiation]:
        """Return the offer to be who storage is asked of, PS3.7 D.3.3.4."""
        return [build_role(one, scp_role=True) for one in self.classes]


def endpoint(node: DicomDestinationConfig) -> Endpoint:
    """Return where a node listens."""
    return Endpoint(node.host, node.port, node.timeout_s, node.tls)


@contextmanager
def associated(
    node: DicomDestinationConfig,
    contexts: Sequence[PresentationContext],
    handlers: Sequence[evt.EventHandlerType] = (),
    receiver: Receiver | None = None,
) -> Iterator[Association]:
    """Yield an association; one whose ``accepted_contexts`` are empty is not established.

    ``handlers``: of what the node asks on it. ``receiver``: of the films that it sends back.

    Raises:
        UnreachableError: there is none, with what to do about it.
    """
    where = endpoint(node)
    progress = _Progress(node.timeout_s)
    if receiver is not None:
        handlers = [*handlers, *receiver.handlers()]
    roles = receiver.roles() if receiver else []
    association = _request(node, where, contexts, progress, handlers, roles)
    if not association.is_established and not association.rejected_contexts:
        raise _reason(node, where, association, progress)
    try:
        yield association
    finally:
        association.release()


class _Progress:
    """How far an association came, which pynetdicom does not report; and limits on its socket."""

    def __init__(self, timeout_s: float) -> None:
        self.connected = False
        self.answered = False
        self._timeout_s = timeout_s

    def handlers(self) -> list[evt.EventHandlerType]:
        return [(evt.EVT_CONN_OPEN, self._on_open), (evt.EVT_ACSE_RECV, self._on_answer)]

    def _on_open(self, event: Event) -> None:
        self.connected = True
        bound_socket(event, self._timeout_s)

    def _on_answer(self, event: Event) -> None:
        self.answered = True


def _request(
    node: DicomDestinationConfig,
    where: Endpoint,
    contexts: Sequence[PresentationContext],
    progress: _Progress,
    handlers: Sequence[evt.EventHandlerType],
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation],
) -> Association:
    ae = AE(node.calling_aet)
    ae.connection_timeout = ae.acse_timeout = ae.dimse_timeout = node.timeout_s
    ae.network_timeout = node.timeout_s
    where.resolve()
    tls = where.tls_context()
    return ae.associate(
        node.host,
        node.port,
        contexts=list(contexts),
        ae_title=node.aet,
        tls_args=None if tls is None else (tls, node.host),
        evt_handlers=[*progress.handlers(), *handlers],
        ext_neg=[*roles],
    )


def _reason(
    node: DicomDestinationConfig, where: Endpoint, association: Association, progress: _Progress
) -> UnreachableError:
    if not progress.connected:
        where.connect()
        return UnreachableError(f"{where} accepts no connection. It is tried again later.")
    if association.is_rejected:
        return UnreachableError(f"{where} rejects the association: {_rejection(node, association)}")
    if progress.answered:
        certificate = "asks for a `certificate`, " if node.tls else ""
        return UnreachableError(
            f"{where} ends the association at once. It {certificate}is no DICOM node, or does not "
            f"know the title {node.calling_aet}: add it to its list of known nodes."
        )
    return UnreachableError(
        f"{where} accepts the connection but answers no association within {node.timeout_s:g} s. "
        "Check that the port is a DICOM node's, and whether it asks for `tls`."
    )


def _rejection(node: DicomDestinationConfig, association: Association) -> str:
    """Return a rejection's reason and remedy, PS3.8 Table 9-21."""
    answer = cast(A_ASSOCIATE, association.acceptor.primitive)
    match (answer.result_source, answer.diagnostic):
        case (1, 3):
            return (
                f"it does not know the title {node.calling_aet}. Add {node.calling_aet}, with "
                "this computer's address, to its list of known nodes."
            )
        case (1, 7):
            return f"it does not go by the title {node.aet}. Write its own title as `aet`."
        case (3, 1 | 2):
            return "it has too many at once. It is tried again later."
        case _:
            return f"{answer.reason_str.lower()}. Its log says more."
