"""The Storage service class as SCP, PS3.4 annex B: success is told once the film is on disk."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import cast

import structlog
from pydicom.uid import UID
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from radiograde.model.errors import RadiogradeError
from radiograde.service.dimse import statuses
from radiograde.service.dimse.allowed_titles import Access
from radiograde.service.dimse.instance_uids import identify
from radiograde.service.dimse.statuses import Answer
from radiograde.service.films.receipt import Intake, Receipt

log = structlog.get_logger("radiograde.node")

_LONGEST_UID = 64


@dataclass(frozen=True, slots=True)
class Storage:
    """Takes C-STORE requests; shared by all associations."""

    intake: Intake
    access: Access
    max_object_bytes: int

    def store(self, event: Event) -> int:
        """Return the status of a C-STORE-RQ; what goes wrong is an answer too, and one log line.

        It is a handler of pynetdicom's ``EVT_C_STORE``.
        """
        began = time.perf_counter()
        request = cast(C_STORE, event.request)
        content = request.DataSet.getbuffer() if request.DataSet else memoryview(b"")
        transfer_syntax = UID(event.context.transfer_syntax)
        instance = (
            str(request.AffectedSOPClassUID or ""),
            str(request.AffectedSOPInstanceUID or ""),
        )
        answer, receipt = self._answer(event, instance, content)
        log.info(
            "object",
            status=f"0x{answer.status:04X}",
            reason=answer.comment or None,
            film=receipt and receipt.film_id,
            known=receipt and receipt.known,
            sop_class=UID(event.context.abstract_syntax).keyword or "private",
            transfer_syntax=transfer_syntax.keyword or "private",
            bytes=len(content),
            ms=round((time.perf_counter() - began) * 1000, 1),
        )
        return answer.status

    def _answer(
        self, event: Event, named: tuple[str, str], content: memoryview
    ) -> tuple[Answer, Receipt | None]:
        fault = self._fault(event, named, content)
        if fault is not None:
            return fault, None
        try:
            return statuses.SUCCESS, self.intake.accept(event.encoded_dataset(), "dicom")
        except RadiogradeError as error:
            return Answer(error.dimse_status, error.title), None
        except Exception as error:  # noqa: BLE001 - one bad object ends no association
            log.error("store_broke", type=type(error).__name__)
            return statuses.UNEXPECTED, None

    def _fault(self, event: Event, named: tuple[str, str], content: memoryview) -> Answer | None:
        """Return why an object is not taken; None where nothing speaks against it."""
        sop_class, instance = named
        if not self.access.may_store(str(event.assoc.requestor.ae_title)):
            return statuses.NOT_AUTHORIZED
        if sop_class != event.context.abstract_syntax:
            return statuses.CLASS_NOT_SUPPORTED
        if not 0 < len(instance) <= _LONGEST_UID:
            return statuses.INVALID_INSTANCE
        if not content:
            return statuses.NO_DATA_SET
        if len(content) > self.max_object_bytes:
            return statuses.TOO_LARGE
        found = identify(content, event.context.transfer_syntax)
        if found is None:
            return statuses.CANNOT_UNDERSTAND
        return None if found == named else statuses.CONTRADICTION
