"""An N-ACTION that asks a node for storage commitment, and a report on the same association."""

from __future__ import annotations

import queue
from collections.abc import Mapping

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import build_context

from radiograde.service.config.site import DicomDestinationConfig
from radiograde.service.delivery.destinations.association import associated, endpoint
from radiograde.service.dicom_pdu import COMMITMENT, COMMITMENT_INSTANCE
from radiograde.service.errors import UnreachableError

REPORT_S = 2.0
"""How long a report on the same association is waited for; later ones come on one of their own."""

_REQUEST = 1
"""Action type, PS3.4 J.3.2."""

_SUCCESS, _FAILURE = 0x0000, 0x0110
"""Statuses of an N-EVENT-REPORT, PS3.7 10.1.1.1.8."""

CONTEXT = build_context(COMMITMENT, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])


def request_commitment(
    node: DicomDestinationConfig, transaction_uid: str, objects: Mapping[str, str]
) -> list[frozenset[str]]:
    """Return which of the objects a node says at once that it keeps; nothing: it says so later.

    ``objects``: SOP Class UIDs by SOP Instance UIDs.

    Raises:
        UnreachableError: no association, or it takes no such request from this title.
    """
    reports: queue.Queue[Dataset] = queue.Queue()
    where = endpoint(node)

    def on_report(event: Event) -> tuple[int, None]:
        report = event.event_information
        if report.get("TransactionUID") != transaction_uid:
            return _FAILURE, None  # of another request: it is to come on an association of its own
        reports.put(report)
        return _SUCCESS, None

    handlers = [(evt.EVT_N_EVENT_REPORT, on_report)]
    with associated(node, [CONTEXT], handlers) as association:
        if not association.accepted_contexts:
            raise UnreachableError(
                f"{where} takes no storage commitment from {node.calling_aet}. Have it do so, or "
                "take `commitment` out."
            )
        _ask(association, node, transaction_uid, objects)
        return _reported(reports)


def kept_objects(report: Dataset) -> frozenset[str]:
    """Return the SOP Instance UIDs that a report says are kept, PS3.4 Table J.3-2."""
    items = report.get("ReferencedSOPSequence") or []
    failed = report.get("FailedSOPSequence") or []
    missing = {str(item.get("ReferencedSOPInstanceUID", "")) for item in failed}
    return frozenset(str(item.get("ReferencedSOPInstanceUID", "")) for item in items) - missing


def _ask(
    association: Association,
    node: DicomDestinationConfig,
    transaction_uid: str,
    objects: Mapping[str, str],
) -> None:
    where = endpoint(node)
    try:
        answer, _ = association.send_n_action(
            _information(transaction_uid, objects), _REQUEST, COMMITMENT, COMMITMENT_INSTANCE
        )
    except (RuntimeError, ValueError):
        answer = Dataset()
    if "Status" not in answer:
        raise UnreachableError(f"{where} does not answer when it is asked for storage commitment.")
    if answer.Status != 0:
        raise UnreachableError(
            f"{where} answers 0x{answer.Status:04X} when it is asked for storage commitment. "
            f"See whether it knows {node.calling_aet}, and where to send reports to."
        )


def _reported(reports: queue.Queue[Dataset]) -> list[frozenset[str]]:
    try:
        return [kept_objects(reports.get(timeout=REPORT_S))]
    except queue.Empty:
        return []


def _information(transaction_uid: str, objects: Mapping[str, str]) -> Dataset:
    """Return the action information, PS3.4 Table J.3-1."""
    items = []
    for instance, sop_class in objects.items():
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
        items.append(item)
    ds = Dataset()
    ds.TransactionUID = transaction_uid
    ds.ReferencedSOPSequence = Sequence(items)
    return ds
