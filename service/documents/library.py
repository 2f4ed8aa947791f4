"""The documents of kept results: built from the kept film when first asked for, then kept too."""

from __future__ import annotations

import io
from collections.abc import Iterable

from pydicom import dcmread

from model import radiograph
from model.result_json import parse_result
from service.documents.builders import NAMES, OF_FILM, builder_of, header_of, kinds_of
from service.documents.case import Case
from service.documents.document import Document
from service.errors import UndocumentedError
from service.intake.archive import Archive
from service.site import Kind
from service.store import ResultStore


class Library:
    """Builds and keeps documents; safe to share among threads and processes."""

    def __init__(self, archive: Archive, store: ResultStore) -> None:
        self._archive = archive
        self._store = store

    def case(self, result_id: str) -> Case:
        """Return a result with its film, as documents are made of it.

        Raises:
            NotFoundError: no such result.
            UndocumentedError: its film could not be read, or is no longer kept.
            StoreError: the database does not answer.
        """
        document, began = self._store.dated(result_id)
        if document["status"] == "failed":
            raise UndocumentedError("This file could not be read, so it has no documents.")
        content = self._archive.film(result_id)
        film = radiograph.read(content)
        header = header_of(content) if film.source == "dicom" else None
        maps = self._archive.maps(result_id)
        return Case(film, header, parse_result(document, maps), began.astimezone())

    def document(self, result_id: str, kind: Kind) -> Document:
        """Return one document of a result.

        Raises:
            NotFoundError, UndocumentedError, StoreError: as :meth:`case`, or there is none such.
            NoSpaceError: it cannot be kept.
        """
        found = self.documents(result_id, [kind])
        if not found:
            raise UndocumentedError(
                "This result has no such document: rejected films have no pictures, and results "
                "of PNG and JPEG files no DICOM objects."
            )
        return found[0]

    def documents(self, result_id: str, kinds: Iterable[Kind]) -> list[Document]:
        """Return those of the kinds that there are of a result. Raises as :meth:`document`."""
        wanted = list(kinds)
        kept = {kind: self._kept(result_id, kind) for kind in wanted}
        if None in kept.values():
            case = self.case(result_id)
            for kind in wanted:
                if kept[kind] is None and kind in kinds_of(case):
                    kept[kind] = self._build(case, kind)
        return [document for document in kept.values() if document is not None]

    def _build(self, case: Case, kind: Kind) -> Document:
        document = builder_of(kind)(case)
        self._archive.keep_document(str(case.result.id), document.name, document.content)
        return document

    def _kept(self, result_id: str, kind: Kind) -> Document | None:
        name, media_type = NAMES[kind]
        content = self._archive.document(result_id, name)
        if content is None:
            return None
        if kind not in OF_FILM:
            return Document(kind, name, media_type, content)
        meta = dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=[]).file_meta
        return Document(
            kind,
            name,
            media_type,
            content,
            str(meta.MediaStorageSOPClassUID),
            str(meta.MediaStorageSOPInstanceUID),
        )
