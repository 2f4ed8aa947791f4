"""A reading set as labelled films: every reader's own zones in columns of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.scales import ZONES
from radiograde.service.atomic_write import write_atomically
from radiograde.service.errors import ExportError
from radiograde.service.grading.records import Records
from radiograde.service.labelling.export import age_of, patients_of, sex_of, view_code
from radiograde.service.labelling.export_folder import IMAGES, ExportFolder, film_png
from radiograde.service.reviews.reading_set import ReadingSlot

SOURCE = "reading set"
READINGS = "readings.csv"
"""Every reading as it was made, those of films that came again too."""

_FACTS = ("image", "patient", "view", "sex", "age", "source")


class ReadingExport:
    """Writes a set: the films as PNG, ``manifest.csv`` with a reader's first zones, and readings.

    Readers are called R1, R2, ... in the manifest; ``readings.csv`` has their names.
    """

    def __init__(self, records: Records, slots: Sequence[ReadingSlot], limits: Limits) -> None:
        """``slots``: of the set. ``limits``: what a film may claim.

        Raises:
            ExportError: nobody has read any of it.
        """
        self._records = records
        self._limits = limits
        self._read = [slot for slot in slots if slot.read is not None]
        if not self._read:
            raise ExportError("Nobody has read a film of this set yet.")
        readers = sorted({slot.reader for slot in self._read})
        self._names = {reader: f"R{number}" for number, reader in enumerate(readers, 1)}

    def write(self, out: Path) -> Iterator[bool]:
        """Yield of each film whether it was written; with the last one the tables are.

        Raises:
            ExportError: ``out`` holds something else than an earlier export.
            StoreError: the database does not answer.
            OSError: something cannot be written.
        """
        columns = [f"brixia_{name}_{zone}" for name in self._names.values() for zone in ZONES]
        folder = ExportFolder(out, (*_FACTS, *columns), (READINGS,))
        film_ids = list(dict.fromkeys(slot.film_id for slot in self._read))
        patients = patients_of(self._records.database, film_ids)
        rows = []
        for film_id in film_ids:
            row = self._row(folder, film_id, patients.get(film_id, film_id))
            rows += [] if row is None else [row]
            yield row is not None
        folder.finish(rows)
        write_atomically(out / READINGS, self._readings().encode())

    def _row(self, folder: ExportFolder, film_id: str, patient: str) -> Mapping[str, str] | None:
        try:
            file = FilmFile(self._records.archive.film(film_id), self._limits)
            film = file.radiograph()
        except RadiogradeError:
            return None
        row = {
            "image": folder.save(IMAGES, film_id, film_png(film)),
            "patient": patient,
            "view": view_code(film),
            "sex": sex_of(file.header),
            "age": age_of(film),
            "source": SOURCE,
        }
        for slot in self._read:
            if slot.film_id == film_id and slot.zones is not None and not slot.again:
                name = self._names[slot.reader]
                row |= {f"brixia_{name}_{zone}": str(slot.zones[zone]) for zone in ZONES}
        return row

    def _readings(self) -> str:
        """Return the table of all readings; of a film that is not gradable the zones are empty."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("column", "reader", "position", "film", "again", "read", *ZONES))
        for slot in self._read:
            zones = [""] * len(ZONES) if slot.zones is None else [slot.zones[z] for z in ZONES]
            read = "" if slot.read is None else slot.read.isoformat()
            facts = (self._names[slot.reader], slot.reader, slot.position, slot.film_id)
            table.writerow((*facts, "yes" if slot.again else "", read, *zones))
        return text.getvalue()
