"""The Storage service class as SCP, PS3.4 annex B: success is answered once the film is on disk."""

from __future__ import annotations

import io
import time
import zlib
from dataclasses import dataclass
from typing import cast

import structlog
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.uids import LONGEST_UID
from radiograde.service.dimse import association_rules as rules
from radiograde.service.dimse.association_request import printable
from radiograde.service.dimse.association_rules import AllowedTitles, Status
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

    def store(self, event: Event) -> Dataset:
        """Return the status of a C-STORE-RQ; what goes wrong is an answer too, and one log line.

        An object under the UID of another is kept, too, and answered with a warning. It is a
        handler of pynetdicom's ``EVT_C_STORE``.
        """
        began = time.perf_counter()
        request = cast(C_STORE, event.request)
        content = request.DataSet.getbuffer() if request.DataSet else memoryview(b"")
        transfer_syntax = UID(event.context.transfer_syntax)
        instance = (
            str(request.AffectedSOPClassUID or ""),
            str(request.AffectedSOPInstanceUID or ""),
        )
        status, receipt = self._accept(event, instance, content)
        log.info(
            "object",
            calling=printable(event.assoc.requestor.ae_title),
            address=event.assoc.requestor.address,
            status=f"0x{status.code:04X}",
            reason=status.comment or None,
            film=receipt and receipt.film_id,
            known=receipt and receipt.known,
            shares_uid=receipt and receipt.shares_uid,
            sop_class=UID(event.context.abstract_syntax).keyword or "private",
            transfer_syntax=transfer_syntax.keyword or "private",
            bytes=len(content),
            ms=round((time.perf_counter() - began) * 1000, 1),
        )
        answer = Dataset()
        answer.Status = status.code
        if status.comment:
            answer.ErrorComment = status.comment
        return answer

    def _accept(
        self, event: Event, named: tuple[str, str], content: memoryview
    ) -> tuple[Status, Receipt | None]:
        fault = self._fault(event, named, content)
        if fault is not None:
            return fault, None
        try:
            caller = event.assoc.requestor
            sender = printable(caller.ae_title) or str(caller.address)
            receipt = self.intake.accept(event.encoded_dataset(), "dicom", sender)
            return rules.UID_SHARED if receipt.shares_uid else rules.SUCCESS, receipt
        except RadiogradeError as error:
            return Status(error.dimse_status, error.title), None
        except Exception as error:  # noqa: BLE001 - one bad object ends no association
            log.error("store_broke", type=type(error).__name__)
            return rules.UNEXPECTED, None

    def _fault(self, event: Event, named: tuple[str, str], content: memoryview) -> Status | None:
        """Return why an object is not taken; None where nothing speaks against it."""
        sop_class, instance = named
        if not self.allowed.may_store(str(event.assoc.requestor.ae_title)):
            return rules.NOT_AUTHORIZED
        if sop_class != event.context.abstract_syntax:
            return rules.CLASS_NOT_SUPPORTED
        if not 0 < len(instance) <= LONGEST_UID:
            return rules.INVALID_INSTANCE
        if not content:
            return rules.NO_DATA_SET
        if len(content) > self.max_object_bytes:
            return rules.TOO_LARGE
        found = identify(content, event.context.transfer_syntax)
        if found is None:
            return rules.CANNOT_UNDERSTAND
        return None if found == named else rules.CONTRADICTION


def identify(data_set: memoryview, transfer_syntax: str) -> tuple[str | None, str | None] | None:
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
