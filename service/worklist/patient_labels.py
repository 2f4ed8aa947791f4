"""Who the patient of a kept film is, as far as the setting lets it be shown.

Read from the film itself when it is asked for: no name, identifier or birth date is kept anywhere
else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import read_beginning
from radiograde.service.config.settings import Identifiers
from radiograde.service.documents.patient_study import PatientStudy, read_patient_study
from radiograde.service.errors import StoreError
from radiograde.service.films.archive import Archive

_LAST_TAG = 0x00100030
"""PatientBirthDate; the elements of a data set ascend, PS3.5 section 7.1."""

_REMEMBERED = 4000


@dataclass(frozen=True, slots=True)
class PatientLabel:
    """What may be shown: ``id``, ``name`` and ``birth_date`` of the patient, the ``accession``.

    Values are None where the film does not say, or is no longer kept.
    """

    patient: Mapping[str, str | None] = field(default_factory=dict)
    study: Mapping[str, str | None] = field(default_factory=dict)

    def has(self, words: Iterable[str]) -> bool:
        """Return whether each word, in small letters, is in what may be shown."""
        shown = (*self.patient.values(), *self.study.values())
        text = " ".join(value for value in shown if value).casefold()
        return all(word in text for word in words)


class PatientLabels:
    """Reads the headers of kept films; safe to share among threads."""

    def __init__(self, archive: Archive, shown: Identifiers, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._shown = shown
        self._patient_study = lru_cache(_REMEMBERED)(self._read)

    @property
    def are_shown(self) -> bool:
        """Whether the setting lets anything be shown."""
        return self._shown != "none"

    def of(self, film_id: str) -> PatientLabel:
        """Return what the setting allows."""
        if not self.are_shown:
            return PatientLabel()
        try:
            found = self._patient_study(film_id)
        except (OSError, StoreError):
            found = PatientStudy()
        patient = {"id": found.patient_id or None}
        if self._shown == "full":
            patient["name"] = found.name or None
            patient["birth_date"] = None if found.born is None else found.born.isoformat()
        return PatientLabel(patient, {"accession": found.accession or None})

    def matching(self, text: str, film_ids: Iterable[str]) -> list[str]:
        """Return those of the films of which every word of a text is in what may be shown."""
        words = text.casefold().split()
        if not words or not self.are_shown:
            return []
        return [film_id for film_id in film_ids if self.of(film_id).has(words)]

    def _read(self, film_id: str) -> PatientStudy:
        with self._archive.opened(film_id) as file:
            return read_patient_study(read_beginning(file, _LAST_TAG, self._limits))
