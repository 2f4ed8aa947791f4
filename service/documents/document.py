"""One document of a result, ready to be sent or saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from radiograde.service.config.site import DocumentKind


@dataclass(frozen=True, slots=True)
class Document:
    """``content`` as a file holds it; DICOM in Part 10 form.

    ``name``: the file's name, such as ``sr.dcm``. ``sop_class_uid``, ``sop_instance_uid``: of a
    DICOM object, else None. The kind ``ko`` is a rejection note, which no destination asks for.
    """

    kind: DocumentKind | Literal["ko"]
    name: str
    media_type: str
    content: bytes
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None
