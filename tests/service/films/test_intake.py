"""The intake: what is one film, and what is not acknowledged."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from unittest.mock import Mock

import pytest
from pydicom import dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from radiograde.model.errors import TooLargeError
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.service.errors import StoreError
from radiograde.service.films.archive import Archive
from radiograde.service.films.film_repository import FilmRepository
from radiograde.service.films.intake import FilmIntake
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.grading.records import Records
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import png


def passed_on(content: bytes, transfer_syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Return an instance as a node writes it that passed it on."""
    ds = dcmread(io.BytesIO(content))
    ds.file_meta.ImplementationClassUID = UID("1.2.3.4")
    ds.preamble = b"x" * 128
    ds.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    buffer = io.BytesIO()
    ds.save_as(buffer, implicit_vr=transfer_syntax == ImplicitVRLittleEndian, little_endian=True)
    return buffer.getvalue()


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_film_that_was_passed_on_is_the_same_film(records: Records, syntax: str) -> None:
    first = records.intake.accept(passed_on(film_bytes(), syntax), "dicom")
    again = records.intake.accept(film_bytes(), "http")
    assert (again.film_id, again.known) == (first.film_id, True)


@pytest.mark.parametrize(
    "other",
    [film_bytes()[:-1000], film_bytes(PatientID="P-2"), film_bytes(WindowCenter=1000), b"DICM"],
)
def test_over_http_another_instance_of_its_uid_is_another_film(
    records: Records, other: bytes
) -> None:
    first = records.intake.accept(film_bytes(), "dicom")
    assert records.intake.accept(other, "http").film_id != first.film_id
    assert records.intake.accept(film_bytes(), "http").film_id == first.film_id


def test_a_file_and_its_bytes_are_accepted_alike(records: Records) -> None:
    first = records.intake.accept(open_film(film_bytes(), Limits()), "dicomweb")
    assert records.intake.accept(memoryview(film_bytes()), "dicom").film_id == first.film_id
    assert records.archive.film(first.film_id) == film_bytes()


def test_a_picture_is_known_by_its_bytes(records: Records) -> None:
    first = records.intake.accept(png(), "http")
    assert records.intake.accept(png(), "folder").film_id == first.film_id
    assert records.intake.accept(png(grey=3), "http").film_id != first.film_id


def test_every_source_is_remembered_once(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "http").film_id
    for _ in range(2):
        records.intake.accept(film_bytes(), "dicom")
        records.intake.accept(film_bytes(), "folder")
    assert records.films.sources_of(film) == {"http", "dicom", "folder"}
    assert records.jobs.get(film).source == "http"


def test_more_bytes_than_are_accepted_are_not_kept(tmp_path: Path) -> None:
    films, archive = Mock(), Archive(tmp_path / "films")
    intake = FilmIntake(archive, films, Limits(max_bytes=100), Pseudonyms(tmp_path))
    with pytest.raises(TooLargeError):
        intake.accept(film_bytes(), "dicom")
    assert films.mock_calls == []
    assert list(archive.ids()) == []


def test_a_film_that_cannot_be_recorded_is_not_acknowledged(tmp_path: Path) -> None:
    films = Mock(spec=FilmRepository)
    films.known.return_value = None
    films.accept.return_value = False
    archive = Archive(tmp_path / "films")
    intake = FilmIntake(archive, films, Limits(), Pseudonyms(tmp_path))
    with pytest.raises(StoreError):
        intake.accept(film_bytes(), "dicom")
    (kept,) = archive.ids()  # its bytes are for whoever looks for what is missing
    assert archive.film(kept) == film_bytes()


def test_a_film_that_fails_again_and_again_keeps_its_key_short(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    for _ in range(5):
        with records.database.write() as connection:
            assert records.films.failed(connection, film, "truncated")
        records.jobs.retry(film)
    with records.database.write() as connection:
        found = records.films.get(connection, film)
    assert found is not None
    assert len(found.key) < 160
    assert dataclasses.asdict(found)["state"] == "waiting"
