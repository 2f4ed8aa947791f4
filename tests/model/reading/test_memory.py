"""The memory that grading a film takes: a small file can hold the largest picture allowed."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from radiograde.data.storage import Storage
from radiograde.model.limits import Limits
from tests.model.reading.films import film

MOST_MIB = 400
"""For 50 million pixels: the samples twice (2 bytes each), and the grey (4 bytes)."""

GRADE = """
import resource, sys
import radiograde
peak_mib = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
radiograde.grade(sys.argv[1])
before = peak_mib()
image = radiograde.grade(sys.argv[2]).image
print(image.rows * image.columns, peak_mib() - before)
"""


def side(channels: int = 1) -> int:
    return int((Limits().max_pixels / channels) ** 0.5)


def grey_png() -> bytes:
    return _png(Image.new("I;16", (side(), side()), 100))


def transparent_png() -> bytes:
    return _png(Image.new("RGBA", (side(4), side(4)), (9, 9, 9, 128)))


def palette_png() -> bytes:
    picture = Image.new("P", (side(), side()), 1)
    picture.putpalette([0, 0, 0, 200, 200, 200])
    return _png(picture, transparency=0)


def dicom() -> bytes:
    def enlarge(ds: Dataset) -> None:
        ds.Rows = ds.Columns = side()
        ds.PixelData = np.full(side() ** 2, 100, np.uint16).tobytes()

    return film(Storage(12), change=enlarge)


def _png(picture: Image.Image, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("draw", [grey_png, transparent_png, palette_png, dicom])
def test_the_largest_film_takes_no_more_than_is_said(
    draw: Callable[[], bytes], tmp_path: Path
) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(film())
    large.write_bytes(draw())
    command = [sys.executable, "-c", GRADE, str(small), str(large)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    pixels, mib = map(int, done.stdout.split())
    assert pixels > 12_000_000
    # A DICOM file's own bytes come on top.
    assert mib < MOST_MIB + large.stat().st_size // 2**20
