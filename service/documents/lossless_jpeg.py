"""Pixels of a document as JPEG Lossless, or not compressed for whoever does not take that.

Of all compression that loses nothing, JPEG Lossless, First-Order Prediction is what a reader of
lossless JPEG must support (PS3.5 10.3): archives and viewers of any age read it.
"""

from __future__ import annotations

import copy
import dataclasses
import io

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import ExplicitVRLittleEndian, JPEGLosslessSV1

from radiograde.service.documents.document import Document

COMPRESSED = JPEGLosslessSV1
_FIRST_ORDER = 1
"""The predictor of ``JPEGLosslessSV1``: the sample to the left."""


def set_pixels(ds: Dataset, pixels: NDArray[np.uint8]) -> None:
    """Set the Image Pixel module (PS3.3 C.7.6.3) and the transfer syntax: compressed RGB.

    pixels: (H, W, 3), red, green and blue.
    """
    ds.Rows, ds.Columns, ds.SamplesPerPixel = pixels.shape
    ds.PhotometricInterpretation = "RGB"
    ds.PlanarConfiguration = 0
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit = 7
    ds.PixelRepresentation = 0
    frame = imagecodecs.jpeg8_encode(
        pixels, colorspace="RGB", outcolorspace="RGB", lossless=True, predictor=_FIRST_ORDER
    )
    ds.PixelData = encapsulate([bytes(frame)])
    ds["PixelData"].VR = "OB"
    ds.file_meta.TransferSyntaxUID = COMPRESSED


def uncompressed(ds: Dataset) -> Dataset:
    """Return a data set of :func:`set_pixels` in Explicit VR Little Endian; ``ds`` stays as it is.

    Raises:
        RuntimeError: the frame is damaged.
    """
    pixels = imagecodecs.jpeg8_decode(get_frame(ds.PixelData, 0, number_of_frames=1))
    content = pixels.tobytes()
    plain = copy.deepcopy(ds)
    plain.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    del plain.PixelData
    plain.PixelData = content + b"\0" * (len(content) % 2)
    plain["PixelData"].VR = "OB"
    return plain


def uncompressed_document(document: Document) -> Document:
    """Return a document without its compression; one that has none as it is.

    Raises:
        RuntimeError: the frame is damaged.
    """
    ds = dcmread(io.BytesIO(document.content))
    if ds.file_meta.TransferSyntaxUID != COMPRESSED:
        return document
    buffer = io.BytesIO()
    uncompressed(ds).save_as(buffer, enforce_file_format=True)
    return dataclasses.replace(document, content=buffer.getvalue())
