"""Orders that other systems told of, on disk: what a film lacks of the one that it was made for.

They name patients, as films do, and lie beside them; the database has nothing of them. An order is
found by its study, or by its accession number, and never for another patient's film.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from radiograde.model.reading.dicom_header import Header
from radiograde.service.atomic_write import make_folder, sync_folder, write_atomically
from radiograde.service.errors import NoSpaceError

KEPT = timedelta(days=400)
"""How long an order waits for its film."""


@dataclass(frozen=True, slots=True)
class Order:
    """An imaging order; "" for what is not known. ``study_uid``: of the study to be made."""

    patient_id: str
    study_uid: str = ""
    accession: str = ""
    placer: str = ""
    reason: str = ""

    def names(self) -> Iterator[str]:
        """Yield by what it is found."""
        if self.study_uid:
            yield f"study {self.study_uid}"
        if self.accession:
            yield f"accession {self.accession}"


class OrderedHeader(Header):
    """A film's header in which an order stands for what is empty."""

    def __init__(self, header: Header, order: Order) -> None:
        super().__init__(header._ds, header._inherited)
        self.order = order
        self._ordered: Mapping[str, str] = {
            "AccessionNumber": order.accession,
            "PlacerOrderNumberImagingServiceRequest": order.placer,
            "ReasonForTheRequestedProcedure": order.reason,
        }

    def decoded(self, keyword: str) -> str:
        """Return the film's own text, else the order's."""
        return super().decoded(keyword) or self._ordered.get(keyword, "")


class OrderStore:
    """Orders below one folder; safe to share among threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, order: Order) -> None:
        """Keep an order in place of what was known of it, and return once it is on disk.

        Raises:
            NoSpaceError: it cannot be written.
        """
        content = json.dumps(asdict(order)).encode()
        try:
            for key in order.names():
                path = self._path(key)
                make_folder(path.parent)
                write_atomically(path, content, mode=0o600)
                sync_folder(path.parent)
        except OSError as error:
            raise NoSpaceError(f"An order cannot be written ({error.strerror}).") from error

    def cancel(self, order: Order) -> None:
        """Forget an order. Raises NoSpaceError: it cannot be removed."""
        try:
            for key in order.names():
                self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise NoSpaceError(f"An order cannot be removed ({error.strerror}).") from error

    def completed(self, header: Header | None) -> Header | None:
        """Return a film's header with what it lacks of its order; as it is where there is none."""
        if header is None:
            return None
        accession = header.decoded("AccessionNumber")
        study = header.text("StudyInstanceUID")
        key = f"accession {accession}" if accession else f"study {study}"
        order = self._order(key)
        same_patient = order is not None and order.patient_id == header.decoded("PatientID")
        return OrderedHeader(header, order) if order is not None and same_patient else header

    def drop_older(self, than: timedelta = KEPT) -> int:
        """Remove orders that were told longer ago; return how many files went."""
        before, count = time.time() - than.total_seconds(), 0
        for path in self._folder.glob("*/*.json"):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                count += 1
        return count

    def _order(self, key: str) -> Order | None:
        try:
            return Order(**json.loads(self._path(key).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def _path(self, key: str) -> Path:
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self._folder / digest[:2] / f"{digest}.json"
