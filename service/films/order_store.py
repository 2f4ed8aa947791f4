"""Orders that other systems told of: what a film lacks of the one that it was made for.

They name patients, as films do, and lie beside them; the database has nothing of them. An order is
found by its study, or by its accession number, and never for another patient's film.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta

from radiograde.model.reading.dicom_header import Header
from radiograde.service.errors import NoSpaceError
from radiograde.service.storage.storage_interface import Storage

KEPT = timedelta(days=400)
"""How long an order waits for its film."""

_ORDERS = "orders"


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
    """The orders of a storage; safe to share among threads and processes.

    Every method raises ArchiveError while an object store does not answer.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def keep(self, order: Order) -> None:
        """Keep an order in place of what was known of it, and return once it is on disk.

        Raises:
            NoSpaceError: it cannot be written.
        """
        content = json.dumps(asdict(order)).encode()
        try:
            for key in order.names():
                self._storage.write(_name(key), content, mode=0o600)
        except OSError as error:
            raise NoSpaceError(f"An order cannot be written ({error.strerror}).") from error

    def cancel(self, order: Order) -> None:
        """Forget an order. Raises NoSpaceError: it cannot be removed."""
        try:
            for key in order.names():
                self._storage.remove(_name(key))
        except OSError as error:
            raise NoSpaceError(f"An order cannot be removed ({error.strerror}).") from error

    def completed(self, header: Header | None) -> Header | None:
        """Return a film's header with what it lacks of its order; as it is where there is none."""
        if header is None:
            return None
        order = self._order(_key(header))
        same_patient = order is not None and order.patient_id == header.decoded("PatientID")
        return OrderedHeader(header, order) if order is not None and same_patient else header

    def files_for(self, header: Header | None) -> dict[str, bytes]:
        """Return the file by which a film's order is found, by its name; {} without one."""
        name = None if header is None else _name(_key(header))
        content = None if name is None else self._storage.read(name)
        return {} if name is None or content is None else {name: content}

    def of_patients(self, is_one: Callable[[str], bool]) -> Iterator[str]:
        """Yield the names of files with orders of the patients whose IDs are such."""
        for name in self._names():
            with suppress(OSError, ValueError, KeyError):
                content = self._storage.read(name)
                if content is not None and is_one(json.loads(content)["patient_id"]):
                    yield name

    def drop_older(self, than: timedelta = KEPT) -> int:
        """Remove orders that were told longer ago; return how many files went."""
        before, count = time.time() - than.total_seconds(), 0
        for name in self._names():
            told = self._storage.changed(name)
            if told is not None and told < before:
                self._storage.remove(name)
                count += 1
        return count

    def _names(self) -> Iterator[str]:
        for group in self._storage.names(_ORDERS):
            for name in self._storage.names(f"{_ORDERS}/{group}"):
                if name.endswith(".json"):
                    yield f"{_ORDERS}/{group}/{name}"

    def _order(self, key: str) -> Order | None:
        try:
            return Order(**json.loads(self._storage.read(_name(key)) or b""))
        except (OSError, ValueError, TypeError):
            return None


def _key(header: Header) -> str:
    accession = header.decoded("AccessionNumber")
    return f"accession {accession}" if accession else f"study {header.text('StudyInstanceUID')}"


def _name(key: str) -> str:
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{_ORDERS}/{digest[:2]}/{digest}.json"
