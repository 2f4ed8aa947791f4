"""The intake: what is one film, and what is not acknowledged."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from radiograde.model.errors import TooLargeError
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.service.config.site import FilmSource
from radiograde.service.errors import StoreError
from radiograde.service.films.archive import Archive
from radiograde.service.films.film_repository import FilmRepository
from radiograde.service.films.intake import FilmIntake
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.grading.records import Records
from radiograde.service.storage.folder_storage import FolderStorage
from tests.service.documents.graded_films import STUDY_UID, film_bytes
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
    [film_bytes()[:-1000], film_bytes(PatientAge="009Y"), film_bytes(WindowCenter=1000), b"DICM"],
)
def test_over_http_another_instance_of_its_uid_is_another_film(
    records: Records, other: bytes
) -> None:
    first = records.intake.accept(film_bytes(), "dicom")
    assert records.intake.accept(other, "http").film_id != first.film_id
    assert records.intake.accept(film_bytes(), "http").film_id == first.film_id


def darker(content: bytes, **changed: Any) -> bytes:
    """Return an instance with other pixels under the same UIDs."""
    ds = dcmread(io.BytesIO(content))
    pixels = np.frombuffer(ds.PixelData, np.uint16) // 2
    ds.PixelData = pixels.tobytes()
    for name, value in changed.items():
        setattr(ds, name, value)
    buffer = io.BytesIO()
    ds.save_as(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("source", ["dicom", "dicomweb", "folder", "http"])
def test_another_picture_under_a_known_uid_is_kept_beside_the_first(
    records: Records, source: FilmSource
) -> None:
    first = records.intake.accept(film_bytes(), "dicom")
    second = records.intake.accept(darker(film_bytes()), source)
    assert (first.shares_uid, second.known, second.shares_uid) == (False, False, True)
    assert records.archive.film(first.film_id) == film_bytes()
    assert records.archive.film(second.film_id) == darker(film_bytes())
    assert records.jobs.get(second.film_id).shares_uid_with == first.film_id
    assert records.jobs.get(first.film_id).shares_uid_with is None

    again = records.intake.accept(darker(film_bytes()), source)
    assert (again.film_id, again.known, again.shares_uid) == (second.film_id, True, True)
    other_way = passed_on(darker(film_bytes()), ImplicitVRLittleEndian)
    assert records.intake.accept(other_way, "dicom").film_id == second.film_id
    assert records.intake.accept(film_bytes(), source).film_id == first.film_id
    third = records.intake.accept(darker(darker(film_bytes())), "dicom")
    assert third.film_id not in (first.film_id, second.film_id)


@pytest.mark.parametrize("source", ["dicom", "dicomweb", "folder", "http"])
def test_the_same_picture_with_a_corrected_header_is_the_same_film(
    records: Records, source: FilmSource
) -> None:
    first = records.intake.accept(film_bytes(), "dicom")
    again = records.intake.accept(film_bytes(PatientID="P-2", AccessionNumber="A-2"), source)
    assert (again.film_id, again.known, again.shares_uid) == (first.film_id, True, False)


def test_a_film_that_was_compressed_without_loss_is_the_same_film(records: Records) -> None:
    first = records.intake.accept(film_bytes(), "dicom")
    ds = dcmread(io.BytesIO(film_bytes()))
    ds.compress(RLELossless, generate_instance_uid=False)
    buffer = io.BytesIO()
    ds.save_as(buffer)
    assert buffer.getvalue() != film_bytes()
    again = records.intake.accept(buffer.getvalue(), "dicom")
    assert (again.film_id, again.shares_uid) == (first.film_id, False)


def test_who_sent_it_and_its_study_are_recorded(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom", "XRAY1").film_id
    records.intake.accept(film_bytes(), "http", "kim")
    job = records.jobs.get(film)
    assert (job.sender, job.study_instance_uid) == ("XRAY1", STUDY_UID)
    picture = records.intake.accept(png(), "folder", "/srv/" + "x" * 100).film_id
    assert records.jobs.get(picture).sender == "x" * 64


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
    films, archive = Mock(), Archive(FolderStorage(tmp_path))
    intake = FilmIntake(archive, films, Limits(max_bytes=100), Pseudonyms(tmp_path))
    with pytest.raises(TooLargeError):
        intake.accept(film_bytes(), "dicom")
    assert films.mock_calls == []
    assert list(archive.ids()) == []


def test_a_film_that_cannot_be_recorded_is_not_acknowledged(tmp_path: Path) -> None:
    films = Mock(spec=FilmRepository)
    films.known.return_value = None
    films.accept.return_value = False
    archive = Archive(FolderStorage(tmp_path))
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
