"""A workitem (UPS, PS3.4 annex CC) in the DICOM JSON Model: what is read of it, and written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from radiograde.model.reading.uids import is_uid
from radiograde.service.documents import codes
from radiograde.service.pacs.identifiers import JsonAttributes
from radiograde.service.pacs.query_retrieve import FoundImage

State = Literal["SCHEDULED", "IN PROGRESS", "COMPLETED", "CANCELED"]
LONGEST_REASON = 1024


@dataclass(frozen=True, slots=True)
class Workitem:
    """What a server says of one. ``state``: empty where it does not say.

    ``images``: that it names as input; ``series``: studies and series, the series empty for all,
    that it names without their instances. ``stations``, ``procedures``: that it is scheduled for.
    """

    uid: str
    state: str
    is_ready: bool
    stations: tuple[Code, ...]
    procedures: tuple[Code, ...]
    images: tuple[FoundImage, ...]
    series: tuple[tuple[str, str], ...]

    def is_of(self, stations: Sequence[str], procedures: Sequence[str]) -> bool:
        """Return whether it is scheduled for one of the stations, and is one of the procedures.

        By their code values; an empty list is met by all.
        """
        return _meets(self.stations, stations) and _meets(self.procedures, procedures)


def workitem_of(document: JsonAttributes) -> Workitem | None:
    """Return the workitem in an answer; None where it names none."""
    uid = _first(document, "SOPInstanceUID")
    if not is_uid(uid):
        return None
    images: list[FoundImage] = []
    series: list[tuple[str, str]] = []
    for one in document.items("InputInformationSequence"):
        place = _first(one, "StudyInstanceUID"), _first(one, "SeriesInstanceUID")
        found = [_image(*place, reference) for reference in one.items("ReferencedSOPSequence")]
        named = [image for image in found if image is not None]
        images += named
        if not named and is_uid(place[0]):
            series.append(place)
    return Workitem(
        uid,
        _first(document, "ProcedureStepState"),
        _first(document, "InputReadinessState") in ("READY", ""),
        _codes(document, "ScheduledStationNameCodeSequence"),
        _codes(document, "ScheduledWorkitemCodeSequence"),
        tuple(images),
        tuple(series),
    )


def state_change(transaction_uid: str, state: State) -> bytes:
    """Return what changes a workitem's state, PS3.18 11.7.1.4."""
    ds = Dataset()
    ds.TransactionUID = transaction_uid
    ds.ProcedureStepState = state
    return _json(ds)


def progress(transaction_uid: str) -> bytes:
    """Return the update that says that work goes on; only whoever claimed it may say so."""
    ds = Dataset()
    ds.TransactionUID = transaction_uid
    step = Dataset()
    step.ProcedureStepProgressDescription = "In hand"
    ds.ProcedureStepProgressInformationSequence = [step]
    return _json(ds)


def performed(
    transaction_uid: str,
    workitem: Workitem,
    began: datetime,
    ended: datetime,
    outputs: Sequence[Dataset],
) -> bytes:
    """Return the update that a workitem needs before it is COMPLETED, PS3.4 Table CC.2.5-3.

    ``began``, ``ended``: with their time zone. ``outputs``: items of Output Information Sequence.
    """
    step = Dataset()
    station = workitem.stations[:1] or (codes.STATION,)
    step.PerformedStationNameCodeSequence = [codes.item(one) for one in station]
    step.PerformedProcedureStepStartDateTime = _date_time(began)
    step.PerformedProcedureStepEndDateTime = _date_time(ended)
    step.PerformedWorkitemCodeSequence = [codes.item(one) for one in workitem.procedures]
    step.OutputInformationSequence = list(outputs)
    ds = Dataset()
    ds.TransactionUID = transaction_uid
    ds.UnifiedProcedureStepPerformedProcedureSequence = [step]
    return _json(ds)


def cancellation(transaction_uid: str, reason: str, when: datetime) -> bytes:
    """Return the update that a workitem needs before it is CANCELED, PS3.4 Table CC.2.5-3."""
    step = Dataset()
    step.ProcedureStepCancellationDateTime = _date_time(when)
    step.ReasonForCancellation = reason[:LONGEST_REASON]
    step.ProcedureStepDiscontinuationReasonCodeSequence = [codes.item(codes.DISCONTINUED)]
    ds = Dataset()
    ds.TransactionUID = transaction_uid
    ds.ProcedureStepProgressInformationSequence = [step]
    return _json(ds)


def _json(ds: Dataset) -> bytes:
    """Return a data set as an array of one, PS3.18 F.2."""
    return json.dumps([ds.to_json_dict()]).encode()


def _date_time(when: datetime) -> str:
    return when.astimezone().strftime("%Y%m%d%H%M%S%z")


def _meets(scheduled: Sequence[Code], wanted: Sequence[str]) -> bool:
    return not wanted or any(one.value in wanted for one in scheduled)


def _image(study_uid: str, series_uid: str, reference: JsonAttributes) -> FoundImage | None:
    uid = _first(reference, "ReferencedSOPInstanceUID")
    if not all(map(is_uid, (study_uid, series_uid, uid))):
        return None
    return FoundImage(study_uid, series_uid, uid, _first(reference, "ReferencedSOPClassUID"), "")


def _codes(document: JsonAttributes, keyword: str) -> tuple[Code, ...]:
    names = ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")
    found = (tuple(_first(one, name) for name in names) for one in document.items(keyword))
    return tuple(Code(*one) for one in found if one[0])


def _first(attributes: JsonAttributes, keyword: str) -> str:
    return next(iter(attributes.values(keyword)), "")
