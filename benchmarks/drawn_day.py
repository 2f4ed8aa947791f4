"""A day of films for the page: drawn, of made-up patients with courses, sent one by one."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from pydicom.uid import generate_uid

from benchmarks.film import film
from radiograde.data.phantom import Phantom, PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage
from radiograde.model.scoring.scales import ZONES
from tests.web.page_driver import send_film, serving

LARGE_BITS = 14


@contextmanager
def served_day(keep: Path | None, films: int, large: int) -> Iterator[str]:
    """Serve a day's films within the ``with`` block; give the address.

    ``keep``: a folder of theirs, in which they are not sent once more.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = keep or Path(name)
        (folder / "serve.log").unlink(missing_ok=True)
        with serving(folder) as address:
            if not (folder / "day.txt").exists():
                _send_day(address, folder, films, large)
                (folder / "day.txt").write_text(f"{films} {large}")
            yield address


def _send_day(address: str, folder: Path, films: int, large: int) -> None:
    """Send films, the last ``large`` of them of 8 megapixels; two films a patient and more."""
    dice = random.Random(30)  # noqa: S311  a drawn day, the same each time
    big = film() if large else None
    with click.progressbar(range(films), label="Films") as numbers:
        for number in numbers:
            patient = f"P{dice.randrange(max(1, films // 3)):03}"
            if big is not None and number >= films - large:
                send_film(address, _written(folder, big, patient, number, Storage(bits=LARGE_BITS)))
                continue
            grave = dice.random() * 3
            zones = {zone: grave for zone in ZONES if dice.random() < 0.4}
            phantom = draw(PhantomSpec(zones=zones, seed=number % 40))
            send_film(address, _written(folder, phantom, patient, number, Storage()))


def _written(folder: Path, phantom: Phantom, patient: str, number: int, storage: Storage) -> Path:
    ds = to_dicom(phantom, storage)
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.PatientID, ds.PatientName = patient, f"Drawn^{patient}"
    ds.AccessionNumber = f"A{number:05}"
    ds.AcquisitionDate = ds.StudyDate = f"202603{1 + number % 28:02}"
    path = folder / "film.dcm"
    ds.save_as(path, enforce_file_format=True)
    return path
