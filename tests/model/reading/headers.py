"""Hypothesis strategies for what a header says of pixels, and the film that it describes."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import LOSSY, NATIVE, Storage
from tests.model.reading.films import LOSSLESS

SMALL = draw(PhantomSpec(rows=106, columns=110, zones={"B": 1}, seed=5))
DIGITS = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "०१२३४५६७८९")
COLOURS = ("RGB", "YBR_FULL")


@dataclass(frozen=True)
class Described:
    """A film: how it is stored, in which colours, and ``elements`` beside that by keyword."""

    storage: Storage
    photometric: str
    planar: int = 0
    fragments: int = 1
    elements: dict[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The DICOM file."""
        ds = to_dicom(SMALL, self.storage)
        if self.photometric in COLOURS:
            _in_colour(ds, self)
        elif self.storage.transfer_syntax not in NATIVE:
            _refragmented(ds, self.fragments)
        for keyword, value in self.elements.items():
            setattr(ds, keyword, value)
        buffer = io.BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        return buffer.getvalue()


def colour() -> NDArray[np.uint8]:
    """Return the phantom in grey, tinted a little: (H, W, 3)."""
    grey = np.rint(SMALL.pixels * 200).astype(np.uint8)
    return np.stack((grey, grey + 3, grey + 9), axis=-1)


def _in_colour(ds: Dataset, film: Described) -> None:
    samples = colour()
    ds.SamplesPerPixel, ds.PlanarConfiguration = 3, film.planar
    ds.PhotometricInterpretation = film.photometric
    stored = np.moveaxis(samples, -1, 0) if film.planar else samples
    ds.PixelData = np.ascontiguousarray(stored).tobytes()
    ds["PixelData"].VR = "OB"


def _refragmented(ds: Dataset, fragments: int) -> None:
    frame = next(generate_frames(ds.PixelData, number_of_frames=1))
    ds.PixelData = encapsulate([frame], fragments_per_frame=fragments)


@st.composite
def grey_films(draw: st.DrawFn, syntax: str) -> Described:
    """Return a grey film in a transfer syntax, of any depth, sign and polarity that it can hold."""
    eight_alone = syntax == uid.JPEGBaseline8Bit
    top = 12 if syntax in LOSSY else 16
    bits = 8 if eight_alone else draw(st.sampled_from((8, 10, 12, 14, 16)[: 3 if top == 12 else 5]))
    signed = syntax not in LOSSY and draw(st.booleans())
    storage = Storage(
        bits=bits,
        photometric=draw(st.sampled_from(("MONOCHROME1", "MONOCHROME2"))),
        transfer_syntax=syntax,
        signed=signed,
        windowed=draw(st.booleans()),
    )
    return Described(
        storage, storage.photometric, fragments=draw(st.integers(1, 3)), elements=draw(texts())
    )


@st.composite
def colour_films(draw: st.DrawFn) -> Described:
    """Return an uncompressed film in colour, by pixel or by plane."""
    syntax = draw(st.sampled_from(NATIVE))
    photometric = draw(st.sampled_from(COLOURS))
    return Described(Storage(8, transfer_syntax=syntax), photometric, draw(st.integers(0, 1)))


def texts() -> st.SearchStrategy[dict[str, Any]]:
    """Return elements that say nothing of the pixels, in any letters and digits."""
    words = st.text(st.characters(codec="utf-8", exclude_characters="\\\0"), max_size=12)
    digits = st.sampled_from(DIGITS).flatmap(lambda kind: st.text(kind, min_size=1, max_size=8))
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "StudyDescription": words,
        "PatientComments": words,
        "StudyID": digits,
        "AccessionNumber": digits,
    }
    return st.fixed_dictionaries({"SpecificCharacterSet": st.just("ISO_IR 192")}, optional=kinds)


SYNTAXES = (*LOSSLESS, uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
