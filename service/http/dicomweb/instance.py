"""Which instance a part holds, from the first elements of its data set."""

from __future__ import annotations

from dataclasses import dataclass

from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_facts import uid
from radiograde.model.reading.dicom_file import PREAMBLE, parse
from radiograde.service.http.dicomweb.multipart import HEAD_BYTES


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


def identify(content: bytes) -> Instance | None:
    """Return the instance in a DICOM file (PS3.10 section 7); None where none can be made out.

    The UIDs stand early in a data set, so the whole file is looked at only where its beginning
    does not hold them, or is deflated.
    """
    if content[PREAMBLE : PREAMBLE + 4] != b"DICM":
        return None
    instance = _read(content[:HEAD_BYTES])
    if len(content) > HEAD_BYTES and (instance is None or instance.study_instance_uid is None):
        return _read(content)
    return instance


def _read(content: bytes) -> Instance | None:
    try:
        header = parse(content, Limits()).header
    except Exception:  # noqa: BLE001 - on broken bytes parsers raise anything
        return None
    names = "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID"
    sop_class, sop_instance, study = (uid(header, name) for name in names)
    found = sop_class or sop_instance or study
    return Instance(sop_class, sop_instance, study) if found else None
