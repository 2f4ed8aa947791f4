"""What every door gets for a film: a receipt, once it is safe on disk and its work is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

FilmSource = Literal["dicom", "dicomweb", "folder", "http"]
"""How a film came in: C-STORE, STOW-RS, a watched folder, or `POST /v1/score`."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """``film_id``: a ULID, and the id of its result later. ``known``: it was here before."""

    film_id: str
    known: bool


class Intake(Protocol):
    """Takes films in; safe to share among threads."""

    def accept(self, content: bytes | bytearray | memoryview, source: FilmSource) -> Receipt:
        """Return the receipt for a file's bytes; blocks until they are synced to disk.

        DICOM in Part 10 form, PNG or JPEG; what is in it is looked at later. The same SOP
        Instance UID (PS3.3 C.12.1), or the same bytes where there is none, is the same film.

        Raises:
            TooLargeError: more bytes than are taken.
            NoSpaceError: it cannot be written; it was not accepted.
            StoreError: its work cannot be recorded; it was not accepted.
        """
        ...
