"""What an association is agreed on: presentation contexts, and the A-ASSOCIATE-AC that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from pydicom.uid import UID
from pynetdicom import PYNETDICOM_IMPLEMENTATION_VERSION, pdu
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import PresentationContext, negotiate_unrestricted

from radiograde.service.dicom_pdu import P_DATA_BYTES, abort_pdu
from radiograde.service.dimse.association_request import NoAssociationError, Request
from radiograde.service.dimse.association_rules import supported_contexts
from radiograde.service.documents.document_uids import IMPLEMENTATION_CLASS_UID

_REMEMBERED_BYTES = 2**15
"""Longest request that is remembered with its answer; decoding 128 contexts takes milliseconds."""

_APPLICATION_CONTEXT = UID("1.2.840.10008.3.1.1.1")


@dataclass(frozen=True, slots=True)
class Context:
    """A presentation context that was accepted."""

    abstract_syntax: UID
    transfer_syntax: UID


@dataclass(frozen=True, slots=True)
class Agreement:
    """``contexts``: by id. ``answer``: the A-ASSOCIATE-AC.

    ``peer_pdu_bytes``: longest PDU that the caller takes; 0: any.
    """

    contexts: Mapping[int, Context]
    answer: bytes
    peer_pdu_bytes: int


def negotiate(request: Request) -> Agreement:
    """Return what a caller's request is answered with, PS3.8 9.3.3 and PS3.7 annex D.

    Every storage class is accepted in the first transfer syntax that is proposed for it; of
    extended negotiation role selection alone is answered.

    Raises:
        NoAssociationError: the request cannot be read.
    """
    try:
        if len(request.pdu) <= _REMEMBERED_BYTES:
            return _remembered(request.pdu)
        return _agreed(request.pdu)
    except Exception as error:  # on broken bytes pynetdicom raises anything
        raise NoAssociationError(
            "the request cannot be read", request=request, answer=abort_pdu()
        ) from error


@lru_cache(maxsize=32)
def _remembered(request: bytes) -> Agreement:
    """Return what was agreed on before: a device asks in the same words for each examination."""
    return _agreed(request)


def _agreed(request: bytes) -> Agreement:
    asked = _primitive(request)
    items = list(asked.user_information)
    roles: dict[UID, tuple[bool | None, bool | None]] = {
        cast(UID, one.sop_class_uid): (bool(one.scu_role), bool(one.scp_role))
        for one in items
        if isinstance(one, SCP_SCU_RoleSelectionNegotiation)
    }
    results, answered_roles = negotiate_unrestricted(
        asked.presentation_context_definition_list, supported_contexts(), roles
    )
    lengths = [one for one in items if isinstance(one, MaximumLengthNotification)]
    return Agreement(
        {cast(int, one.context_id): _context(one) for one in results if one.result == 0},
        _answer(asked, results, answered_roles),
        lengths[0].maximum_length_received or 0 if lengths else 0,
    )


def _primitive(request: bytes) -> A_ASSOCIATE:
    encoded = pdu.A_ASSOCIATE_RQ()
    encoded.decode(request)
    return encoded.to_primitive()


def _context(accepted: PresentationContext) -> Context:
    return Context(UID(str(accepted.abstract_syntax)), UID(accepted.transfer_syntax[0]))


def _answer(
    asked: A_ASSOCIATE,
    results: list[PresentationContext],
    roles: list[SCP_SCU_RoleSelectionNegotiation],
) -> bytes:
    length = MaximumLengthNotification()
    length.maximum_length_received = P_DATA_BYTES
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = PYNETDICOM_IMPLEMENTATION_VERSION
    accept = A_ASSOCIATE()
    accept.application_context_name = _APPLICATION_CONTEXT
    accept.calling_ae_title = asked.calling_ae_title
    accept.called_ae_title = asked.called_ae_title
    accept.result, accept.result_source = 0x00, 0x01
    accept.presentation_context_definition_results_list = results
    accept.user_information = [length, implementation, version, *roles]
    encoded = pdu.A_ASSOCIATE_AC()
    encoded.from_primitive(accept)
    return encoded.encode()
