"""Whether text burned into films is still read in the files of problems, by a program that reads.

On each film four texts are written, of several sizes and greys, over its corners and its middle;
its file of a problem is made, and what RapidOCR reads in it before and after is compared.

    pip install rapidocr-onnxruntime
    python -m benchmarks.burned_in_text FOLDER_OF_DICOM_FILMS
"""

from __future__ import annotations

import importlib
import io
import json
import re
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

from benchmarks.stopwatch import RESULTS
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_frame import read_frame
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.problems.clean_film import clean_film

TEXT = "DOE JANE 19600102"
PARTS = ("DOE", "JANE", "1960", "0102")
PLACES = ((0.03, 0.03, 0.012, 1.0), (0.6, 0.04, 0.02, 0.0), (0.05, 0.9, 0.03, 1.0))
MIDDLE = (0.4, 0.5, 0.018, 0.6)
"""Share of columns and rows, size as a share of the film, level between dark and bright."""


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Write, paint over, read, and write benchmarks/results/burned_in_text.json."""
    scorer = Scorer()
    reader = importlib.import_module("rapidocr_onnxruntime").RapidOCR()
    films = [_one(path, scorer, reader) for path in sorted(folder.glob("*.dcm"))]
    document = {
        "benchmark": "burned_in_text",
        "films": len(films),
        "texts_read_before": sum(one["before"] for one in films),
        "texts_read_after": sum(one["after"] for one in films),
        "painted_percent": [one["painted_percent"] for one in films],
    }
    (RESULTS / "burned_in_text.json").write_text(json.dumps(document, indent=2) + "\n")
    click.echo(json.dumps(document, indent=2))


def _one(path: Path, scorer: Scorer, reader: Any) -> dict[str, Any]:
    film = FilmFile(_written_on(path), Limits())
    result = scorer.score(film.radiograph())
    clean = clean_film(film, result.maps)
    painted = FilmFile(clean.content, Limits())
    return {
        "before": _read(film, reader),
        "after": _read(painted, reader),
        "painted_percent": round(100 * clean.painted, 1),
    }


def _written_on(path: Path) -> bytes:
    """Return a film, uncompressed, with the texts in its pixels."""
    ds = dcmread(path)
    codes = read_frame(FilmFile(path.read_bytes(), Limits()).dicom(), Limits()).codes
    low, high = np.percentile(codes, (1, 99))
    for across, down, size, level in (*PLACES, MIDDLE):
        rows, columns = codes.shape
        picture = Image.new("L", (columns, rows))
        font = ImageFont.load_default(max(9, round(size * max(rows, columns))))
        place = (round(across * columns), round(down * rows))
        ImageDraw.Draw(picture).text(place, TEXT, fill=255, font=font)
        ink = np.asarray(picture).astype(np.float32) / 255
        mixed = codes * (1 - ink) + ink * (low + level * (high - low))
        codes = mixed.astype(codes.dtype)
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SamplesPerPixel, ds.BitsAllocated = 1, 8 * codes.dtype.itemsize
    ds.PixelData = codes.tobytes()
    ds["PixelData"].VR = "OW"
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _read(film: FilmFile, reader: Any) -> int:
    """Return how many texts are read that hold a part of a name or date."""
    codes: NDArray[Any] = read_frame(film.dicom(), Limits()).codes
    low, high = np.percentile(codes, (0.5, 99.5))
    shown = np.clip((codes.astype(np.float32) - low) / max(high - low, 1), 0, 1)
    found, _ = reader(np.repeat(np.rint(255 * shown).astype(np.uint8)[..., None], 3, 2))
    texts = [re.sub(r"\W", "", text).upper() for _, text, _ in found or []]
    return sum(any(part in text for part in PARTS) for text in texts)


if __name__ == "__main__":
    main()
