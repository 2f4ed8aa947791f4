"""Small phantom films as bytes, changed as a test needs them."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import replace

from pydicom import uid
from pydicom.dataset import Dataset

from radiograde.data.phantom import Phantom, PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage

LOSSLESS = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
    uid.RLELossless,
    uid.JPEGLossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEGLSNearLossless,
    uid.JPEG2000Lossless,
    uid.JPEG2000,
    uid.HTJ2KLossless,
    uid.HTJ2KLosslessRPCL,
    uid.HTJ2K,
)
"""Transfer syntaxes that can keep every grey value; phantoms are written without loss in each."""

# Odd sides, so that padding bytes and row order are put to the test.
SPEC = PhantomSpec(rows=291, columns=273, zones={"C": 2, "E": 1}, seed=3)


@functools.cache
def phantom() -> Phantom:
    return draw(SPEC)


def film(
    storage: Storage | None = None,
    *,
    of: Phantom | None = None,
    change: Callable[[Dataset], object] | None = None,
    **elements: object,
) -> bytes:
    """Return a DICOM file; ``elements`` are set by keyword (None deletes), then ``change`` runs."""
    ds = to_dicom(of or phantom(), storage or Storage())
    for keyword, value in elements.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    if change is not None:
        change(ds)
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def negative() -> Phantom:
    """Return the same phantom with its greys turned around."""
    return replace(phantom(), pixels=1 - phantom().pixels)
