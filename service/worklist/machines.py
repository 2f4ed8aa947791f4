"""Which machine took a kept film, so that films of one machine hang beside each other.

Read from the film itself when it is asked for, as patients' names are.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import read_beginning
from radiograde.service.errors import StoreError
from radiograde.service.films.archive import Archive

_NAMES = ("Manufacturer", "StationName", "ManufacturerModelName")
_LAST_TAG = 0x00081090
"""ManufacturerModelName; the elements of a data set ascend, PS3.5 section 7.1."""

_REMEMBERED = 4000
_LENGTH = 8


class Machines:
    """Reads the headers of kept films; safe to share among threads."""

    def __init__(self, archive: Archive, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._label = lru_cache(_REMEMBERED)(self._read)

    def of(self, film_id: str) -> str | None:
        """Return the same eight characters for films of one maker, model and station.

        None where the header names none, or the film cannot be read any more.
        """
        try:
            return self._label(film_id)
        except (OSError, StoreError):
            return None

    def _read(self, film_id: str) -> str | None:
        with self._archive.opened(film_id) as file:
            header = read_beginning(file, _LAST_TAG, self._limits)
        names = [(header.text(keyword) or "").casefold() for keyword in _NAMES] if header else []
        if not any(names):
            return None
        return hashlib.sha256("\0".join(names).encode()).hexdigest()[:_LENGTH]
