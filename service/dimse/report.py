"""A storage commitment report, PS3.4 J.3.3: which instances are kept."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

ALL_KEPT, SOME_MISSING = 1, 2
"""Event types, PS3.4 J.3.3."""

_NO_SUCH_OBJECT = 0x0112
"""Failure reason (0008,1197), PS3.3 C.14."""

Reference = tuple[str, str]
"""SOP class and instance UID."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is kept of the instances of one transaction."""

    transaction_uid: str
    kept: tuple[Reference, ...]
    missing: tuple[Reference, ...]

    @property
    def event_type(self) -> int:
        """Event type ID of the N-EVENT-REPORT."""
        return SOME_MISSING if self.missing else ALL_KEPT

    def to_dataset(self) -> Dataset:
        """Return the event information, PS3.4 Table J.3-2."""
        ds = Dataset()
        ds.TransactionUID = self.transaction_uid
        if self.kept:
            ds.ReferencedSOPSequence = Sequence(_item(*one) for one in self.kept)
        if self.missing:
            ds.FailedSOPSequence = Sequence(_failed_item(*one) for one in self.missing)
        return ds


def _item(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item


def _failed_item(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = _item(sop_class_uid, sop_instance_uid)
    item.FailureReason = _NO_SUCH_OBJECT
    return item
