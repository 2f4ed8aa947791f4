"""What is read is what pydicom and DCMTK read: every syntax and photometric interpretation."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import dcmread, uid
from pydicom.pixels.processing import convert_color_space
from pydicom.pixels.utils import pixel_array

from radiograde.data.storage import HTJ2K, JPEG2000, Storage
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import parse
from radiograde.model.reading.dicom_frame import Frame, read_frame
from tests.model.reading.headers import SYNTAXES, Described, colour_films, grey_films

LIMITS = Limits()
FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
BY_PYDICOM = [
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
    uid.RLELossless,
]
"""Those that pydicom decodes without a package that is not installed here."""

TO_PLAIN = {
    uid.RLELossless: "dcmdrle",
    uid.JPEGLSLossless: "dcmdjpls",
    uid.JPEGLSNearLossless: "dcmdjpls",
}
BY_DCMTK = [syntax for syntax in SYNTAXES if syntax not in (*JPEG2000, *HTJ2K)]
"""DCMTK has no decoder for JPEG 2000."""


def frame_of(content: bytes) -> Frame:
    return read_frame(parse(content, LIMITS), LIMITS)


def stored_values(frame: Frame) -> NDArray[np.int64]:
    """Return the stored values, from which padding and high bits are gone."""
    values = (frame.codes.astype(np.int64) >> frame.shift) & ((1 << frame.bits) - 1)
    return np.where(
        frame.signed & (values >> (frame.bits - 1) > 0), values - (1 << frame.bits), values
    )


@pytest.mark.parametrize("syntax", BY_PYDICOM, ids=lambda syntax: str(syntax.name))
@FEW
@given(data=st.data())
def test_grey_is_what_pydicom_reads(syntax: uid.UID, data: st.DataObject) -> None:
    content = data.draw(grey_films(syntax)).content
    expected = pixel_array(dcmread(io.BytesIO(content)))
    assert np.array_equal(stored_values(frame_of(content)), expected)


@FEW
@given(film=colour_films())
def test_colour_is_what_pydicom_reads(film: Described) -> None:
    expected = pixel_array(dcmread(io.BytesIO(film.content)), raw=True)
    if film.photometric == "YBR_FULL":
        rgb = convert_color_space(expected, "YBR_FULL", "RGB")
        assert not frame_of(film.content).colourful or np.ptp(rgb, axis=-1).max() > 30
        luma = expected[..., 0]
    else:
        luma = expected @ np.array([77, 150, 29]) >> 8
    assert np.array_equal(frame_of(film.content).codes, luma)


@pytest.mark.skipif(shutil.which("dcmdjpeg") is None, reason="DCMTK is not installed")
@pytest.mark.parametrize("syntax", BY_DCMTK, ids=lambda syntax: str(syntax.name))
@settings(FEW, max_examples=3)
@given(data=st.data())
def test_grey_is_what_dcmtk_reads(
    syntax: uid.UID, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = data.draw(grey_films(syntax)).content
    ours, theirs = frame_of(content), frame_of(by_dcmtk(content, syntax, tmp_path_factory))
    apart = np.abs(stored_values(ours) - stored_values(theirs))
    assert apart.max() <= (4 if syntax in (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit) else 0)


def by_dcmtk(content: bytes, syntax: uid.UID, folders: pytest.TempPathFactory) -> bytes:
    """Return the film uncompressed by DCMTK, or written anew where it already is."""
    folder = folders.mktemp("dcmtk")
    source, target = folder / "in.dcm", folder / "out.dcm"
    source.write_bytes(content)
    tool = TO_PLAIN.get(syntax, "dcmdjpeg" if syntax.is_compressed else "dcmconv")
    if syntax == uid.DeflatedExplicitVRLittleEndian:
        tool = "dcmconv"
    arguments = [tool, *(["+te"] if tool == "dcmconv" else []), str(source), str(target)]
    subprocess.run(arguments, check=True, capture_output=True)
    return Path(target).read_bytes()


@settings(FEW, max_examples=4)
@given(bits=st.sampled_from((8, 12, 16)), syntax=st.sampled_from(SYNTAXES[:4]))
def test_every_lossless_syntax_holds_the_same(bits: int, syntax: uid.UID) -> None:
    """JPEG 2000 and the rest agree with the uncompressed film, which pydicom and DCMTK read."""
    plain = Described(Storage(bits, transfer_syntax=syntax), "MONOCHROME2")
    expected = stored_values(frame_of(plain.content))
    for other in SYNTAXES[4:-2]:
        film = Described(Storage(bits, transfer_syntax=other), "MONOCHROME2")
        assert np.array_equal(stored_values(frame_of(film.content)), expected), other.name
