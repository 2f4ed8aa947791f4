"""The Storage service class as SCP, PS3.4 annex B: success is answered once the film is on disk."""

from __future__ import annotations

import io
import time
import zlib
from dataclasses import dataclass, field

import structlog
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom import dsutils

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.uids import LONGEST_UID
from radiograde.service.dimse import association_rules as rules
from radiograde.service.dimse.accepted_association import Caller
from radiograde.service.dimse.association_rules import AllowedTitles, Status
from radiograde.service.dimse.command_set import AFFECTED_CLASS, AFFECTED_INSTANCE
from radiograde.service.dimse.message_reader import Message
from radiograde.service.dimse.negotiation import Context
from radiograde.service.dimse.node_audit import NodeAudit
from radiograde.service.films.intake import Intake, Receipt

log = structlog.get_logger("radiograde.node")

_SOP_INSTANCE_UID = 0x00080018
_HEAD_BYTES = 64 * 1024
"""What is looked at: before the SOP Instance UID stand a few short elements."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Takes C-STORE requests; shared by all associations."""

    intake: Intake
    allowed: AllowedTitles
    max_object_bytes: int
    audit: NodeAudit = field(default_factory=NodeAudit)

    def store(self, caller: Caller, context: Context, message: Message) -> Status:
        """Return the status of a C-STORE-RQ; what goes wrong is an answer too, and one log line.

        An object under the UID of another is kept, too, and answered with a warning.
        """
        began = time.perf_counter()
        status, receipt = self._accept(caller, context, message)
        film_id = None if receipt is None else receipt.film_id
        self.audit.stored(caller.title, caller.address, status, film_id)
        log.info(
            "object",
            calling=caller.title,
            address=caller.address,
            status=f"0x{status.code:04X}",
            reason=status.comment or None,
            film=film_id,
            known=receipt and receipt.known,
            shares_uid=receipt and receipt.shares_uid,
            sop_class=context.abstract_syntax.keyword or "private",
            transfer_syntax=context.transfer_syntax.keyword or "private",
            bytes=message.size,
            ms=round((time.perf_counter() - began) * 1000, 1),
        )
        return status

    def _accept(
        self, caller: Caller, context: Context, message: Message
    ) -> tuple[Status, Receipt | None]:
        fault = self._fault(caller, context, message)
        if fault is not None:
            return fault, None
        try:
            receipt = self.intake.accept(
                _file(context, message), "dicom", caller.title or caller.address
            )
            return rules.UID_SHARED if receipt.shares_uid else rules.SUCCESS, receipt
        except RadiogradeError as error:
            return Status(error.dimse_status, error.title), None
        except Exception as error:  # noqa: BLE001 - one bad object ends no association
            log.error("store_broke", type=type(error).__name__)
            return rules.UNEXPECTED, None

    def _fault(self, caller: Caller, context: Context, message: Message) -> Status | None:
        """Return why an object is not taken; None where nothing speaks against it."""
        sop_class, instance = named = _named(message)
        if not self.allowed.may_store(caller.title):
            return rules.NOT_AUTHORIZED
        if sop_class != context.abstract_syntax:
            return rules.CLASS_NOT_SUPPORTED
        if not 0 < len(instance) <= LONGEST_UID:
            return rules.INVALID_INSTANCE
        if not message.size:
            return rules.NO_DATA_SET
        if message.size > self.max_object_bytes:
            return rules.TOO_LARGE
        found = identify(message.data_set, context.transfer_syntax)
        if found is None:
            return rules.CANNOT_UNDERSTAND
        return None if found == named else rules.CONTRADICTION


def _named(message: Message) -> tuple[str, str]:
    """Return SOP class and instance UID that a request names."""
    return message.command.uid(AFFECTED_CLASS), message.command.uid(AFFECTED_INSTANCE)


def _file(context: Context, message: Message) -> bytes:
    """Return an object as a file, PS3.10 7.1; the data set is as it was sent."""
    sop_class, instance = _named(message)
    meta = dsutils.create_file_meta(
        sop_class_uid=UID(sop_class),
        sop_instance_uid=UID(instance),
        transfer_syntax=context.transfer_syntax,
    )
    return b"".join((bytes(128), b"DICM", dsutils.encode_file_meta(meta), message.data_set))


def identify(data_set: bytearray, transfer_syntax: str) -> tuple[str | None, str | None] | None:
    """Return SOP class and instance UID, None for an absent one; None if it cannot be read."""
    head = bytes(data_set[:_HEAD_BYTES])
    try:
        if transfer_syntax == DeflatedExplicitVRLittleEndian:
            head = zlib.decompressobj(-zlib.MAX_WBITS).decompress(head, _HEAD_BYTES)
        elements = read_dataset(
            io.BytesIO(head),
            transfer_syntax == ImplicitVRLittleEndian,
            transfer_syntax != ExplicitVRBigEndian,
            stop_when=_is_past,
        )
    except Exception:  # noqa: BLE001 - on broken bytes pydicom raises anything
        return None
    header = Header(elements)
    return header.text("SOPClassUID"), header.text("SOPInstanceUID")


def _is_past(tag: BaseTag, vr: str | None, length: int) -> bool:
    return int(tag) > _SOP_INSTANCE_UID
