from __future__ import annotations

import hashlib
import io
import logging
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiograde.model import errors
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import read
from tests.model.reading.films import film, negative, phantom

CHEST = {
    "fuji_cr_mono1_10bit_440px": ("PA", "CR", None, None),
    "nih_dx_test1": ("PA", "DX", 81, None),
    "nih_dx_test2": ("AP", "DX", 58, None),
    "nih_dx_test3": ("AP", "DX", 77, None),
    "nih_dx_test4": ("PA", "DX", 81, None),
    "nih_dx_test5": ("PA", "CT", 81, None),
    "nih_dx_test6": ("UNKNOWN", "DX", 81, None),
    "philips_cr_mono1_15bit_j2k": ("PA", "CR", 64, None),
    "rsna_cr_ap_opacity": ("AP", "CR", 60, (0.139, 0.139)),
    "rsna_cr_pa_normal": ("PA", "CR", 54, (0.168, 0.168)),
    "siim_cr_false_mono1_tag": ("PA", "CR", 62, (0.168, 0.168)),
    "siim_cr_mono2_jpeg": ("PA", "CR", 62, (0.168, 0.168)),
}


@pytest.mark.parametrize("name", CHEST)
def test_reads_real_films(shared: Path, name: str) -> None:
    path = shared / "dicom/chest" / f"{name}.dcm"
    radiograph = read(path)
    view, modality, age, spacing = CHEST[name]
    assert (radiograph.view, radiograph.modality) == (view, modality)
    assert radiograph.age_years is None if age is None else int(radiograph.age_years or 0) == age
    assert radiograph.pixel_spacing_mm == spacing
    assert radiograph.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert radiograph.pixels.dtype == np.float32
    assert radiograph.pixels.min() >= 0
    assert radiograph.pixels.max() <= 1
    assert radiograph.pixels.std() > 0.1


def test_a_false_monochrome1_tag_is_undone(shared: Path) -> None:
    honest = read(shared / "dicom/chest/siim_cr_mono2_jpeg.dcm")
    lying = read(shared / "dicom/chest/siim_cr_false_mono1_tag.dcm")
    assert [note.code for note in lying.notes] == ["inverted"]
    assert honest.notes == ()
    assert np.abs(honest.pixels - lying.pixels).max() < 1e-6


@pytest.mark.parametrize(("folder", "count"), [("broken", 6), ("charsets", 3)])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_broken_files_give_typed_errors(
    shared: Path, folder: str, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    paths = sorted((shared / "dicom" / folder).glob("*.dcm"))
    assert len(paths) == count
    for path in paths:
        with pytest.raises(errors.UnreadableError) as caught:
            read(path)
        assert "Yamada" not in caught.value.message + caplog.text


def test_the_same_bytes_in_any_wrapping(tmp_path: Path) -> None:
    data = film()
    path = tmp_path / "film.dcm"
    path.write_bytes(data)
    expected = read(data)
    for source in (bytearray(data), memoryview(data), path, str(path)):
        assert np.array_equal(read(source).pixels, expected.pixels)
        assert read(source).sha256 == expected.sha256


def test_without_preamble_or_meta_information() -> None:
    data = film()
    expected = read(data).pixels
    assert np.array_equal(read(data[132:]).pixels, expected)
    group_length = int.from_bytes(data[140:144], "little")
    assert np.array_equal(read(data[144 + group_length :]).pixels, expected)


def test_nothing_of_the_patient_leaves(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    data = film(PatientName="Secret^Person", PatientID="ID-4711", PatientBirthDate="19511231")
    shown = repr(read(data)) + caplog.text
    assert not re.search("Secret|4711|19511231", shown)


def test_limits_hold_before_decoding() -> None:
    with pytest.raises(errors.TooLargeError):
        read(film(), limits=Limits(max_bytes=1000))
    with pytest.raises(errors.TooLargeError):
        read(film(), limits=Limits(max_pixels=1000))
    with pytest.raises(errors.TooLargeError):
        read(film(Rows=65535, Columns=65535))
    with pytest.raises(errors.TooLargeError):
        read(film(Rows=7100, Columns=7100, SamplesPerPixel=3, PhotometricInterpretation="RGB"))
    # A pixel in colour counts once: these are too few bytes, not too many pixels.
    with pytest.raises(errors.TruncatedError):
        read(film(Rows=4300, Columns=4298, SamplesPerPixel=3, PhotometricInterpretation="RGB"))
    with pytest.raises(errors.MalformedImageError):
        read(film(), limits=Limits(max_elements=10))


def test_header_and_pixels_must_agree() -> None:
    with pytest.raises(errors.TruncatedError):
        read(film(Rows=2000))
    with pytest.raises(errors.TruncatedError):
        read(film()[:-5000])
    with pytest.raises(errors.MissingPixelsError):
        read(film(PixelData=None))
    with pytest.raises(errors.MissingPixelsError):
        read(film(BitsAllocated=None))
    with pytest.raises(errors.MissingPixelsError, match=r"DICOMDIR.*films that it lists"):
        read(film(BitsAllocated=None, PixelData=None, FileSetConsistencyFlag=0))
    with pytest.raises(errors.MalformedImageError):
        read(film(Rows=0))


def test_unknown_bytes() -> None:
    for data in (b"", b"x", b"GIF89a" + bytes(500), bytes(1000)):
        with pytest.raises(errors.UnknownFormatError):
            read(data)
    with pytest.raises(errors.UnreadableError):
        read(Path("no") / "such" / "file.dcm")


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_negative_picture_is_turned(kind: str) -> None:
    picture = Image.fromarray(np.rint(negative().pixels * 255).astype(np.uint8))
    buffer = io.BytesIO()
    picture.save(buffer, kind, **({"quality": 95} if kind == "jpeg" else {}))
    radiograph = read(buffer.getvalue())
    assert radiograph.source == kind
    assert [note.code for note in radiograph.notes] == ["inverted"]
    assert np.corrcoef(radiograph.pixels.ravel(), phantom().pixels.ravel())[0, 1] > 0.99
