"""Who the patient of a kept film is, as far as the setting lets it be shown.

Read from the film itself when it is asked for: no name, identifier or birth date is kept anywhere
else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import read_beginning
from radiograde.service.config.settings import Identifiers
from radiograde.service.documents.patient_study import PatientStudy, read_patient_study
from radiograde.service.films.archive import FILM, Archive

_LAST_TAG = 0x00100030
"""PatientBirthDate; the elements of a data set ascend, PS3.5 section 7.1."""

_REMEMBERED = 2000


class Identities:
    """Reads the headers of kept films; safe to share among threads."""

    def __init__(self, archive: Archive, shown: Identifiers, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._shown = shown
        self._patient_study = lru_cache(_REMEMBERED)(self._read)

    def of(self, film_id: str) -> Mapping[str, str | None]:
        """Return what the setting allows of ``id``, ``name`` and ``birth_date``.

        Values are None where the film does not say, or is no longer kept.
        """
        if self._shown == "none":
            return {}
        try:
            found = self._patient_study(film_id)
        except OSError:
            found = PatientStudy()
        shown: dict[str, str | None] = {"id": found.patient_id or None}
        if self._shown == "full":
            shown["name"] = found.name or None
            shown["birth_date"] = None if found.born is None else found.born.isoformat()
        return shown

    def _read(self, film_id: str) -> PatientStudy:
        with (self._archive.folder(film_id) / FILM).open("rb") as file:
            return read_patient_study(read_beginning(file, _LAST_TAG, self._limits))
