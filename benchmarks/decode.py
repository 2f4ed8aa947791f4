"""Reading one 8-megapixel film, 12 bits deep, by transfer syntax, relative to uncompressed.

python -m benchmarks.decode
"""

from __future__ import annotations

import io
from functools import partial

import click
from pydicom import uid

from benchmarks.film import COLUMNS, ROWS, film
from benchmarks.stopwatch import interleave, table, write_results
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage
from radiograde.model.reading.film_file import read

UNCOMPRESSED = "uncompressed"
SYNTAXES = {
    UNCOMPRESSED: uid.ExplicitVRLittleEndian,
    "deflated": uid.DeflatedExplicitVRLittleEndian,
    "RLE": uid.RLELossless,
    "JPEG Extended": uid.JPEGExtended12Bit,
    "JPEG Lossless": uid.JPEGLosslessSV1,
    "JPEG-LS": uid.JPEGLSLossless,
    "JPEG 2000": uid.JPEG2000Lossless,
    "HTJ2K": uid.HTJ2KLossless,
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
    phantom = film()
    files: dict[str, bytes] = {}
    for name, syntax in SYNTAXES.items():
        file = io.BytesIO()
        to_dicom(phantom, Storage(transfer_syntax=syntax)).save_as(file, enforce_file_format=True)
        files[name] = file.getvalue()
    return files


if __name__ == "__main__":
    main()
