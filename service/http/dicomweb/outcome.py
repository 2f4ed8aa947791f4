"""What became of each part, and how that is answered: PS3.18 section 10.5.3 and Annex I."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from radiograde.model.errors import RadiogradeError
from radiograde.service.films.intake import Receipt

Json = dict[str, Any]

_SOP_CLASS_UID = "00081150"
_SOP_INSTANCE_UID = "00081155"
_RETRIEVE_URL = "00081190"
_WARNING_REASON = "00081196"
_FAILURE_REASON = "00081197"
_FAILED_SOP_SEQUENCE = "00081198"
_REFERENCED_SOP_SEQUENCE = "00081199"
_OTHER_FAILURES_SEQUENCE = "0008119A"

_NO_URL: Json = {"vr": "UR"}
"""Type 2 and empty: films are not given out again."""


@dataclass(frozen=True, slots=True)
class Instance:
    """UIDs as the data set holds them; None for one that is absent or no UID."""

    sop_class_uid: str | None
    sop_instance_uid: str | None
    study_instance_uid: str | None

    @property
    def can_be_referenced(self) -> bool:
        """Whether its class and itself are named, as every answer about it must."""
        return self.sop_class_uid is not None and self.sop_instance_uid is not None


class FailureReason(IntEnum):
    """Why a part was not stored, PS3.18 Table I.2-2; A901 is one of the A9xx left to servers."""

    PROCESSING_FAILURE = 0x0110
    OUT_OF_RESOURCES = 0xA700
    NOT_CONFORMING = 0xA900
    OTHER_STUDY = 0xA901
    NOT_UNDERSTOOD = 0xC000


UID_SHARED = 0xB000
"""Warning reason of a part that is stored beside another under its UID, PS3.18 Table I.2-1."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A part that is safe on disk."""

    instance: Instance
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Failed:
    """A part that was not stored.

    ``instance``: as far as it is known. ``error``: what to answer where the whole request failed
    of it.
    """

    reason: FailureReason
    instance: Instance | None = None
    error: RadiogradeError | None = None


Outcome = Stored | Failed


def status_of(outcomes: Sequence[Outcome]) -> int:
    """Return the HTTP status, PS3.18 Table 10.5.3-1.

    All stored 200; some, or with a warning, 202; none 409.
    """
    stored = [outcome for outcome in outcomes if isinstance(outcome, Stored)]
    if len(stored) == len(outcomes) and not any(one.receipt.shares_uid for one in stored):
        return 200
    return 202 if stored else 409


def response_module(outcomes: Sequence[Outcome]) -> Json:
    """Return the Store Instances Response Module in DICOM JSON, PS3.18 Table I.1-1 and Annex F.

    Failures that no SOP Class and Instance UID can be given for are in the Other Failures
    Sequence.
    """
    stored: list[Json] = []
    failed: list[Json] = []
    others: list[Json] = []
    for outcome in outcomes:
        reference = _reference(outcome.instance)
        if isinstance(outcome, Stored):
            warning: Json = {}
            if outcome.receipt.shares_uid:
                warning = {_WARNING_REASON: _value("US", [UID_SHARED])}
            stored.append(reference | {_RETRIEVE_URL: _NO_URL} | warning)
        else:
            items = failed if reference else others
            items.append(reference | {_FAILURE_REASON: _value("US", [int(outcome.reason)])})
    sequences = {
        _FAILED_SOP_SEQUENCE: failed,
        _REFERENCED_SOP_SEQUENCE: stored,
        _OTHER_FAILURES_SEQUENCE: others,
    }
    return {_RETRIEVE_URL: _NO_URL} | {
        tag: _value("SQ", items) for tag, items in sequences.items() if items
    }


def _reference(instance: Instance | None) -> Json:
    """Return the SOP Instance Reference Macro, PS3.3 Table 10-11; empty if it has no UIDs."""
    if instance is None or not instance.can_be_referenced:
        return {}
    return {
        _SOP_CLASS_UID: _value("UI", [instance.sop_class_uid]),
        _SOP_INSTANCE_UID: _value("UI", [instance.sop_instance_uid]),
    }


def _value(vr: str, values: Iterable[Any]) -> Json:
    return {"vr": vr, "Value": list(values)}
