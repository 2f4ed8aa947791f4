"""DICOM data sets as files, PS3.10."""

from __future__ import annotations

import io
from typing import Literal

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from radiograde.service.config.site import ObjectKind
from radiograde.service.documents.character_set import write_in
from radiograde.service.documents.document import Document

MEDIA_TYPE = "application/dicom"


def file_meta(syntax: str = ExplicitVRLittleEndian) -> FileMetaDataset:
    """Return file meta information that names a transfer syntax; writing adds the rest."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    return meta


def to_document(
    kind: ObjectKind | Literal["ko"], ds: Dataset, charset: str, *, name: str = ""
) -> Document:
    """Return the data set, with its file meta information, as a document.

    ``name``: of its file, ``{kind}.dcm`` where none is given.
    ``charset``: what it is to be written in, see :func:`.character_set.write_in`.
    """
    write_in(ds, charset)
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return Document(
        kind,
        name or f"{kind}.dcm",
        MEDIA_TYPE,
        buffer.getvalue(),
        str(ds.SOPClassUID),
        str(ds.SOPInstanceUID),
    )
