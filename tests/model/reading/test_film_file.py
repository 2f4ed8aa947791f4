"""A file as one film: parsed once, decoded once, its errors always the same."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from radiograde.model.errors import (
    MalformedImageError,
    RadiogradeError,
    TooLargeError,
    TruncatedError,
    UnknownFormatError,
)
from radiograde.model.limits import Limits
from radiograde.model.reading import film_file as module
from radiograde.model.reading import radiograph as decoding
from radiograde.model.reading.film_file import FilmFile, is_same_instance, open_film, read
from tests.model.reading.films import film, phantom


def opened(content: bytes) -> FilmFile:
    return open_film(content, Limits())


def picture(kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray((255 * phantom().pixels).astype(np.uint8)).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts how often a header is parsed and pixels are decoded."""
    counts: Counter[str] = Counter()

    def count(owner: object, name: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            counts[name] += 1
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, counted)

    count(module, "parse")
    count(decoding, "read_frame")
    count(decoding, "read_picture")
    return counts


def test_a_dicom_film_is_parsed_once_and_decoded_once(calls: Counter[str]) -> None:
    opened_film = opened(film(PatientID="7"))
    for _ in range(2):
        header = opened_film.header
        assert header is not None
        assert header.text("PatientID") == "7"
        assert opened_film.radiograph() is opened_film.radiograph()
        assert opened_film.dicom().header is header
    assert calls == {"parse": 1, "read_frame": 1}


def test_a_picture_is_decoded_once_and_has_no_header(calls: Counter[str]) -> None:
    png = opened(picture())
    assert png.radiograph() is png.radiograph()
    assert (png.header, png.transfer_syntax, png.format) == (None, None, "png")
    with pytest.raises(UnknownFormatError):
        png.dicom()
    assert calls == {"read_picture": 1}


def test_the_header_alone_decodes_nothing(calls: Counter[str]) -> None:
    assert opened(film()).header is not None
    assert calls == {"parse": 1}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"no image at all", UnknownFormatError),
        (b"", UnknownFormatError),
        (film()[:-100], TruncatedError),
        (b"\0" * 128 + b"DICM" + b"\x08\0\x60\0SQ\0\0\xff\xff\xff\xffdamaged", MalformedImageError),
    ],
    ids=["text", "empty", "cut", "damaged"],
)
def test_an_error_is_the_same_at_each_call(
    content: bytes, error: type[RadiogradeError], calls: Counter[str]
) -> None:
    unreadable = opened(content)
    raised = []
    for _ in range(2):
        with pytest.raises(error) as info:
            unreadable.radiograph()
        raised.append(info.value)
    assert type(raised[0]) is type(raised[1])
    assert raised[0].message == raised[1].message
    assert calls["parse"] <= 1
    assert calls["read_frame"] <= 1


def test_what_cannot_be_parsed_has_no_header() -> None:
    damaged = opened(b"\0" * 128 + b"DICM" + b"\x08\0\x60\0SQ\0\0\xff\xff\xff\xffdamaged")
    assert damaged.format == "dicom"
    assert (damaged.header, damaged.transfer_syntax) == (None, None)


def test_a_header_is_there_though_the_pixels_are_cut() -> None:
    cut = opened(film(PatientID="7")[:-100])
    assert cut.header is not None
    assert cut.header.text("PatientID") == "7"


def test_formats() -> None:
    assert opened(film()).format == "dicom"
    assert opened(picture("PNG")).format == "png"
    assert opened(picture("JPEG")).format == "jpeg"
    assert opened(b"GIF89a").format is None


def test_limits_hold_for_bytes_header_and_pixels() -> None:
    content = film()
    with pytest.raises(TooLargeError):
        open_film(content, Limits(max_bytes=len(content) - 1))
    few = open_film(content, Limits(max_pixels=1000))
    assert few.header is not None
    with pytest.raises(TooLargeError):
        few.radiograph()
    assert open_film(content, Limits(max_elements=2)).header is None


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_the_same_film(kind: Callable[[bytes], bytes]) -> None:
    content = film()
    same = open_film(kind(content), Limits())
    assert same.sha256 == hashlib.sha256(content).hexdigest() == same.radiograph().sha256
    assert (same.radiograph().pixels == read(content).pixels).all()


def sent_on(content: bytes, *, implicit: bool, **changed: Any) -> FilmFile:
    """Return an instance as the next node writes it."""
    ds = dcmread(io.BytesIO(content))
    for keyword, value in changed.items():
        setattr(ds, keyword, value)
    ds.preamble = b"x" * 128
    ds.file_meta.ImplementationClassUID = UID("1.2.3.4")
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    buffer = io.BytesIO()
    ds.save_as(buffer, implicit_vr=implicit, little_endian=True)
    return FilmFile(buffer.getvalue(), Limits())


def with_sequence() -> bytes:
    """Return a film with a sequence and private elements, which other VRs write otherwise."""
    ds = dcmread(io.BytesIO(film()))
    item = Dataset()
    item.CodeValue = "1"
    ds.ProcedureCodeSequence = [item]
    ds.add_new(0x00090010, "LO", "MAKER")
    ds.add_new(0x00091001, "SQ", [item])
    buffer = io.BytesIO()
    ds.save_as(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("implicit", [True, False])
def test_an_instance_that_was_sent_on_is_the_same(implicit: bool) -> None:
    film = FilmFile(with_sequence(), Limits())
    assert is_same_instance(film, film)
    passed = sent_on(film.content, implicit=implicit)
    assert passed.content != film.content
    assert is_same_instance(film, passed)
    assert not is_same_instance(film, sent_on(film.content, implicit=implicit, PatientAge="001Y"))
    pixels = bytes(len(dcmread(io.BytesIO(film.content)).PixelData))
    assert not is_same_instance(film, sent_on(film.content, implicit=implicit, PixelData=pixels))


@pytest.mark.parametrize("other", [b"", b"no film", b"DICM", with_sequence()[:-900]])
def test_what_cannot_be_read_is_the_same_only_byte_for_byte(other: bytes) -> None:
    file = FilmFile(other, Limits())
    assert is_same_instance(file, FilmFile(other, Limits()))
    assert not is_same_instance(file, FilmFile(with_sequence(), Limits()))
