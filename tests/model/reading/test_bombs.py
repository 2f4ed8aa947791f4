"""Small files that claim much: refused within a second and 150 MiB, whatever is in them."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from radiograde.data.storage import Storage
from tests.model.reading.films import film

MOST_S, MOST_MIB = 1.0, 150
SIDE = 7000
GREY = np.full((64, 64), 90, np.uint8)

READ = """
import json, resource, sys, time
from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.film_file import read
read(sys.argv[1])
answers = {}
for path in sys.argv[2:]:
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        read(path)
        answer = "read"
    except RadiogradeError as error:
        answer = error.code
    seconds = time.process_time() - started
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    answers[path] = (answer, seconds, taken / 1024)
print(json.dumps(answers))
"""


def compressed(stream: bytes, syntax: str, rows: int, columns: int) -> bytes:
    def change(ds: Dataset) -> None:
        ds.Rows, ds.Columns = rows, columns
        ds.PixelData = encapsulate([stream])

    return film(Storage(8, transfer_syntax=syntax), change=change)


def frame_behind_the_scan() -> bytes:
    stream = bytes(imagecodecs.jpeg8_encode(GREY))
    start = stream.index(b"\xff\xc0")
    frame = bytearray(stream[start : start + 19])
    struct.pack_into(">HH", frame, 5, SIDE, SIDE)
    return compressed(stream[:-2] + bytes(frame) + stream[-2:], uid.JPEGBaseline8Bit, SIDE, SIDE)


def second_codestream() -> bytes:
    small = bytes(imagecodecs.jpeg2k_encode(GREY, codecformat="jp2"))
    at = small.index(b"jp2c") - 4
    large = bytearray(small[at + 8 :])
    struct.pack_into(">II", large, 8, 60_000, 60_000)
    hidden = struct.pack(">I4s", 8 + len(large), b"jp2c") + bytes(large)
    return compressed(small[:at] + hidden + small[at:], uid.JPEG2000Lossless, 64, 64)


def empty_items() -> bytes:
    sequence = struct.pack("<HH2sHI", 0x0008, 0x9215, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    content = film()
    at = content.index(b"\x10\x00\x10\x00PN")
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return content[:at] + sequence + item * 490_000 + end + content[at:]


def jpeg_2000(at_style: int, value: bytes) -> bytes:
    """Return a film of 49 megapixels whose COD segment holds other bytes at a place."""
    stream = bytearray(imagecodecs.jpeg2k_encode(GREY, codecformat="j2k", level=0))
    struct.pack_into(">II", stream, 8, SIDE, SIDE)
    struct.pack_into(">II", stream, 24, SIDE, SIDE)
    cod = stream.index(b"\xff\x52")
    stream[cod + at_style : cod + at_style + len(value)] = value
    tile = stream.index(b"\xff\x90")
    stream[-2:-2] = bytes(50_000)
    struct.pack_into(">I", stream, tile + 6, len(stream) - 2 - tile)
    return compressed(bytes(stream), uid.JPEG2000Lossless, SIDE, SIDE)


def precincts_of_one_pixel() -> bytes:
    stream = bytearray(imagecodecs.jpeg2k_encode(GREY, codecformat="j2k", level=0))
    struct.pack_into(">II", stream, 8, SIDE, SIDE)
    struct.pack_into(">II", stream, 24, SIDE, SIDE)
    cod = stream.index(b"\xff\x52")
    # No lower resolution, precincts of 2^0 by 2^0.
    coding = bytes((1, *stream[cod + 5 : cod + 9], 0, *stream[cod + 10 : cod + 14], 0))
    stream[cod : cod + 14] = b"\xff\x52" + struct.pack(">H", 2 + len(coding)) + coding
    stream[-2:-2] = bytes(50_000)
    tile = stream.index(b"\xff\x90")
    struct.pack_into(">I", stream, tile + 6, len(stream) - 2 - tile)
    return compressed(bytes(stream), uid.JPEG2000Lossless, SIDE, SIDE)


def restarts() -> bytes:
    stream = bytes(imagecodecs.jpeg8_encode(GREY))
    return compressed(
        stream[:-2] + b"\xff\xd0" * 2_000_000 + stream[-2:], uid.JPEGBaseline8Bit, 64, 64
    )


def no_operations() -> bytes:
    frame = struct.pack("<16I", 1, 64, *[0] * 14) + b"\x80" * 3_000_000
    return compressed(frame, uid.RLELossless, 64, 64)


def png_chunks() -> bytes:
    stream = bytes(imagecodecs.png_encode(GREY))
    chunk = struct.pack(">I", 0) + b"teSt" + struct.pack(">I", zlib.crc32(b"teSt"))
    return stream[:33] + chunk * 400_000 + stream[33:]


def jpeg_segments() -> bytes:
    stream = bytes(imagecodecs.jpeg8_encode(GREY))
    return stream[:2] + b"\xff\xfe\x00\x02" * 1_000_000 + stream[2:]


def jpeg_passes() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (4000, 4000), 90).save(buffer, "JPEG", progressive=True)
    stream = buffer.getvalue()
    scan = stream[stream.rindex(b"\xff\xda") : -2]
    return stream[:-2] + scan * 2000 + stream[-2:]


BOMBS: dict[str, Callable[[], bytes]] = {
    "frame behind the scan": frame_behind_the_scan,
    "second codestream": second_codestream,
    "empty items": empty_items,
    "code blocks of 4 x 4": lambda: jpeg_2000(10, b"\0\0"),
    "layers": lambda: jpeg_2000(6, b"\xff\xff"),
    "precincts of one pixel": precincts_of_one_pixel,
    "restarts": restarts,
    "no operations": no_operations,
    "PNG chunks": png_chunks,
    "JPEG segments": jpeg_segments,
    "JPEG passes": jpeg_passes,
}


def test_bombs_are_refused_at_once(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.write_bytes(film())
    paths = {tmp_path / name: make for name, make in BOMBS.items()}
    for path, make in paths.items():
        path.write_bytes(make())
    command = [sys.executable, "-c", READ, str(whole), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout)
    assert len(answers) == len(BOMBS)
    for path, (answer, seconds, mib) in answers.items():
        assert answer in ("malformed_image", "truncated"), path
        assert seconds < MOST_S, path
        assert mib < MOST_MIB, path
