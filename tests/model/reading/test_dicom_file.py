"""The beginning of a file, read without what lies behind it; text in the header's character set."""

from __future__ import annotations

import errno
import io

import pytest
from pydicom import uid
from pydicom.dataset import Dataset

from radiograde.data.storage import Storage
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import read_beginning
from radiograde.model.reading.film_file import open_film
from tests.model.reading.films import film

PATIENT_BIRTH_DATE = 0x00100030
NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)


@pytest.mark.parametrize("syntax", NATIVE)
def test_only_the_beginning_is_read(syntax: str) -> None:
    content = film(Storage(transfer_syntax=syntax), PatientID="7", PatientBirthDate="19600102")
    stream = io.BytesIO(content)
    header = read_beginning(stream, PATIENT_BIRTH_DATE, Limits())
    assert header is not None
    assert (header.text("PatientID"), header.text("PatientBirthDate")) == ("7", "19600102")
    assert header.short("Rows") is None
    if syntax != uid.DeflatedExplicitVRLittleEndian:
        assert stream.tell() < 4000 < len(content)


def test_what_cannot_be_read_has_no_beginning() -> None:
    damaged = b"\0" * 128 + b"DICM" + b"\x08\0\x60\0SQ\0\0\xff\xff\xff\xffdamaged"
    bomb = film(Storage(transfer_syntax=uid.DeflatedExplicitVRLittleEndian))
    assert read_beginning(io.BytesIO(b"\x89PNG\r\n\x1a\n"), PATIENT_BIRTH_DATE, Limits()) is None
    assert read_beginning(io.BytesIO(b""), PATIENT_BIRTH_DATE, Limits()) is None
    assert read_beginning(io.BytesIO(damaged), PATIENT_BIRTH_DATE, Limits()) is None
    assert read_beginning(io.BytesIO(bomb), PATIENT_BIRTH_DATE, Limits(max_bytes=100)) is None
    assert read_beginning(io.BytesIO(film()), PATIENT_BIRTH_DATE, Limits(max_elements=2)) is None


def test_a_stream_that_cannot_be_read_says_so() -> None:
    class Gone(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(errno.EIO, "gone")

    with pytest.raises(OSError, match="gone"):
        read_beginning(Gone(), PATIENT_BIRTH_DATE, Limits())


def test_items_are_in_the_character_set_of_the_film_unless_they_have_their_own() -> None:
    own, inherited = Dataset(), Dataset()
    own.SpecificCharacterSet = "ISO_IR 192"
    own.CodeMeaning = inherited.CodeMeaning = "über"
    content = film(SpecificCharacterSet="ISO_IR 100", ProcedureCodeSequence=[own, inherited])
    header = open_film(content, Limits()).header
    assert header is not None
    assert [item.decoded("CodeMeaning") for item in header.items("ProcedureCodeSequence")] == [
        "über",
        "über",
    ]
    assert [item.text("CodeMeaning") for item in header.items("ProcedureCodeSequence")] == [
        "ber",
        "ber",
    ]
