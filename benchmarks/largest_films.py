"""What the largest film that the limits admit takes, by transfer syntax: nothing but noise.

python -m benchmarks.largest_films
"""

from __future__ import annotations

import io
import json
import math
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import uid
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from benchmarks.film import SYNTAXES
from benchmarks.stopwatch import RESULTS
from radiograde.data.phantom import Phantom, PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage
from radiograde.model.limits import Limits

NATIVE = uid.ExplicitVRLittleEndian
RUN = 128

READ = """
import json, sys, time
from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.film_file import read

read(sys.argv[2])
started, before = time.perf_counter(), time.process_time()
try:
    answer = "read" if read(sys.argv[1]).pixels.size else ""
except RadiogradeError as error:
    answer = error.code
seconds, cpu_s = time.perf_counter() - started, time.process_time() - before
print(json.dumps({"answer": answer, "cpu_s": round(cpu_s, 2), "seconds": round(seconds, 2)}))
"""


@click.command()
@click.option("--pixels", default=Limits().max_pixels, show_default=True, help="Of each film.")
def main(pixels: int) -> None:
    """Read a film of noise in every syntax, each in a process; write largest_films.json."""
    side = math.isqrt(pixels)
    noise = np.random.default_rng(0).random((side, side), dtype=np.float32)
    small = draw(PhantomSpec(rows=64, columns=64))
    taken: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path, first = Path(folder) / "film", Path(folder) / "first"
        _write(first, small, NATIVE, 16)
        for name, (syntax, bits) in SYNTAXES.items():
            _write(path, Phantom(small.spec, noise, small.lungs, small.opacity), syntax, bits)
            taken[name] = _taken(path, first)
        for name, encoded in _pictures(noise):
            path.write_bytes(encoded)
            taken[name] = _taken(path, first)
    document = {"benchmark": "largest_films", "rows": side, "columns": side, "films": taken}
    target = RESULTS / "largest_films.json"
    target.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(target)


def _write(path: Path, film: Phantom, syntax: UID, bits: int) -> None:
    by_hand = syntax == uid.RLELossless  # pydicom takes minutes for it
    ds = to_dicom(film, Storage(bits, transfer_syntax=NATIVE if by_hand else syntax))
    if by_hand:
        words = np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns)
        ds.PixelData = encapsulate([_run_lengths(words)])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = syntax
    ds.save_as(path, enforce_file_format=True)


def _run_lengths(words: NDArray[np.uint16]) -> bytes:
    """Return 16-bit noise in runs of literals, row by row (PS3.5 annex G)."""
    starts = np.arange(0, words.shape[1], RUN)
    controls = np.minimum(RUN, words.shape[1] - starts) - 1
    planes = [(words >> shift).astype(np.uint8) for shift in (8, 0)]
    high, low = (np.insert(plane, starts, controls, axis=1).tobytes() for plane in planes)
    high += bytes(len(high) % 2)
    return struct.pack("<16I", 2, 64, 64 + len(high), *[0] * 13) + high + low + bytes(len(low) % 2)


def _pictures(noise: NDArray[np.float32]) -> list[tuple[str, bytes]]:
    eight = (noise * 255).astype(np.uint8)
    progressive = io.BytesIO()
    Image.fromarray(eight).save(progressive, "JPEG", quality=95, progressive=True)
    return [
        ("PNG", bytes(imagecodecs.png_encode((noise * 65535).astype(np.uint16), level=1))),
        ("JPEG picture, progressive", progressive.getvalue()),
    ]


def _taken(path: Path, first: Path) -> dict[str, Any]:
    """Return what reading a file takes in a process of its own that has read another before."""
    command = [sys.executable, "-c", READ, str(path), str(first)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    taken: dict[str, Any] = json.loads(done.stdout)
    taken["bytes"] = path.stat().st_size
    click.echo(json.dumps(taken))
    return taken


if __name__ == "__main__":
    main()
