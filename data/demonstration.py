"""The films of the page's demonstration: drawn, of patients who do not exist.

``python -m radiograde.data.demonstration FOLDER`` writes them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage, samples_of

MARK = "DEMONSTRATION, DRAWN FILM"
"""Written into the pixels and into the header."""

QUALITY = 80
_STORAGE = Storage(bits=8, transfer_syntax=uid.JPEGBaseline8Bit)
_TEXT_HEIGHT = 18

_WORST = {"A": 1.0, "B": 2.0, "C": 2.6, "D": 0.6, "E": 1.8, "F": 2.4}
_COURSE = (
    ("20240304", {"C": 0.8, "F": 0.4}),
    ("20240307", {"B": 1.2, "C": 1.8, "E": 0.8, "F": 1.4}),
    ("20240311", _WORST),
    ("20240320", {"B": 1.0, "C": 1.6, "E": 0.8, "F": 1.2}),
    ("20240419", {"C": 0.4, "F": 0.3}),
)
"""Days, YYYYMMDD, and zones of one patient."""

_OTHERS: tuple[tuple[str, dict[str, float], Literal["M", "F"]], ...] = (
    ("20240312", {}, "F"),
    ("20240313", {"A": 2.4, "B": 2.6, "C": 1.2}, "M"),
)
"""Days, zones and sex of two more."""


def demonstration() -> Iterator[tuple[str, Dataset]]:
    """Yield file names and films, 8-bit JPEG: a course of five, and one film of two more each."""
    for number, (day, zones) in enumerate(_COURSE, start=1):
        yield f"{number}.dcm", _film(PhantomSpec(zones=zones, seed=7), "DEMO-1", day)
    for number, (day, zones, sex) in enumerate(_OTHERS, start=2):
        spec = PhantomSpec(zones=zones, sex=sex, seed=20 + number)
        yield f"{len(_COURSE) + number - 1}.dcm", _film(spec, f"DEMO-{number}", day)


def write_demonstration(folder: Path) -> None:
    """Write the films into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, ds in demonstration():
        ds.save_as(folder / name, enforce_file_format=True)


def _film(spec: PhantomSpec, patient: str, day: str) -> Dataset:
    phantom = draw(spec)
    ds = to_dicom(phantom, _STORAGE)
    ds.PatientName, ds.PatientID = "Demonstration^Drawn", patient
    ds.ImageComments = ds.StudyDescription = MARK
    ds.AccessionNumber = f"DEMO-{day}"
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = ds.AcquisitionDate = day
    samples = _marked(samples_of(phantom.pixels, _STORAGE))
    ds.PixelData = encapsulate([bytes(imagecodecs.jpeg8_encode(samples, level=QUALITY))])
    return ds


def _marked(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the film with ``MARK`` at its lower border."""
    picture = Image.fromarray(samples)
    rows, columns = samples.shape
    font = ImageFont.load_default(_TEXT_HEIGHT)
    place = (columns / 2, rows - _TEXT_HEIGHT / 2)
    ImageDraw.Draw(picture).text(place, MARK, fill=255, font=font, anchor="mb", stroke_width=1)
    return np.asarray(picture)


if __name__ == "__main__":
    write_demonstration(Path(sys.argv[1]))
