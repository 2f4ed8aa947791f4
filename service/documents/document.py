"""One document of a result, ready to be sent or saved; DICOM data sets as files, PS3.10."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from radiograde.service.config.site import DocumentKind

MEDIA_TYPE = "application/dicom"


@dataclass(frozen=True, slots=True)
class Document:
    """``content`` as a file holds it; DICOM in Part 10 form.

    ``name``: the file's name, such as ``sr.dcm``. ``sop_class_uid``, ``sop_instance_uid``: of a
    DICOM object, else None.
    """

    kind: DocumentKind
    name: str
    media_type: str
    content: bytes
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None


def file_meta(syntax: str = ExplicitVRLittleEndian) -> FileMetaDataset:
    """Return file meta information that names a transfer syntax; writing adds the rest."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    return meta


def to_document(kind: Literal["sr", "seg", "sc"], ds: Dataset) -> Document:
    """Return the data set, with its file meta information, as the document ``{kind}.dcm``."""
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return Document(
        kind,
        f"{kind}.dcm",
        MEDIA_TYPE,
        buffer.getvalue(),
        str(ds.SOPClassUID),
        str(ds.SOPInstanceUID),
    )
