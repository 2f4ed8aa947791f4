"""Reading one 8-megapixel film, by transfer syntax, relative to uncompressed.

The film is a phantom, 12 bits deep, with the grain of a detector.

    python -m benchmarks.decode
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import click
import imagecodecs
import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

from benchmarks.film import COLUMNS, ROWS, film
from benchmarks.stopwatch import interleave, table, write_results
from model.radiograph import read

UNCOMPRESSED = "uncompressed"

ENCODERS: dict[str, tuple[uid.UID, Callable[..., bytes | bytearray]]] = {
    "JPEG Lossless": (uid.JPEGLosslessSV1, partial(imagecodecs.ljpeg_encode, bitspersample=12)),
    "JPEG-LS": (uid.JPEGLSLossless, imagecodecs.jpegls_encode),
    "JPEG 2000": (
        uid.JPEG2000Lossless,
        partial(imagecodecs.jpeg2k_encode, codecformat="j2k", bitspersample=12, reversible=True),
    ),
}


@click.command()
@click.option("--rounds", default=10, show_default=True, help="Rounds; each reads every file.")
def main(rounds: int) -> None:
    """Time reading by transfer syntax and write benchmarks/results/decode.json."""
    files = _files()
    samples = interleave({name: partial(read, file) for name, file in files.items()}, rounds)
    sizes = {name: len(file) for name, file in files.items()}
    what = {"rows": ROWS, "columns": COLUMNS, "bits": 12, "bytes": sizes}
    path = write_results("decode", what, samples, UNCOMPRESSED)
    click.echo(f"{table(samples, UNCOMPRESSED)}\n\n{path}")


def _files() -> dict[str, bytes]:
    pixels = (film() * 4095).astype(np.uint16)
    files = {UNCOMPRESSED: _written(_dataset(pixels.tobytes(), uid.ExplicitVRLittleEndian))}
    rle = _dataset(pixels.tobytes(), uid.ExplicitVRLittleEndian)
    rle.compress(uid.RLELossless)
    files["RLE"] = _written(rle)
    for name, (syntax, encode) in ENCODERS.items():
        files[name] = _written(_dataset(encapsulate([bytes(encode(pixels))]), syntax))
    return files


def _dataset(pixel_data: bytes, syntax: uid.UID) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.SOPClassUID = uid.DigitalXRayImageStorageForPresentation
    ds.SOPInstanceUID = uid.generate_uid()
    ds.Modality = "DX"
    ds.BodyPartExamined = "CHEST"
    ds.ViewPosition = "PA"
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.SamplesPerPixel = 1
    ds.Rows, ds.Columns = ROWS, COLUMNS
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelRepresentation = 0
    ds.PixelData = pixel_data
    return ds


def _written(ds: Dataset) -> bytes:
    file = io.BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()


if __name__ == "__main__":
    main()
