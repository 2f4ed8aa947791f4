"""The report as a DICOM object holds the very PDF, and other programs take it out again."""

from __future__ import annotations

import dataclasses
import functools
import io
import shutil
import subprocess
from pathlib import Path

import pytest
from pydicom import dcmread

from radiograde.service.documents.encapsulated_pdf import encapsulated_pdf
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.pdf.report_page import report
from radiograde.service.errors import UndocumentedError
from tests.service.documents.graded_films import SOP_UID, STUDY_UID, graded_film, rejected_film
from tests.service.documents.real_films import SCORED, real_film
from tests.service.documents.validators import dciodvfy
from tests.service.reviews.made import review

FILMS = {"scored": functools.cache(graded_film), "rejected": functools.cache(rejected_film)}


@pytest.mark.parametrize("name", FILMS)
def test_it_holds_the_report_and_is_valid(name: str, tmp_path: Path) -> None:
    graded = FILMS[name]()
    document = encapsulated_pdf(graded)
    assert dciodvfy(document.content, tmp_path) == []
    ds = dcmread(io.BytesIO(document.content))
    pdf = ds.EncapsulatedDocument[: ds.EncapsulatedDocumentLength]
    assert pdf == report(graded).content
    assert (ds.Modality, ds.StudyInstanceUID) == ("DOC", STUDY_UID)
    assert ds.SourceInstanceSequence[0].ReferencedSOPInstanceUID == SOP_UID
    assert ds.BurnedInAnnotation == "YES"


def test_dcmtk_takes_the_same_pdf_out(tmp_path: Path) -> None:
    program = shutil.which("dcm2pdf")
    if program is None:
        pytest.skip("DCMTK is not installed")
    (tmp_path / "doc.dcm").write_bytes(encapsulated_pdf(FILMS["scored"]()).content)
    taken = tmp_path / "report.pdf"
    subprocess.run([program, tmp_path / "doc.dcm", taken], check=True, timeout=60)
    assert taken.read_bytes().startswith(report(FILMS["scored"]()).content)


def test_reviews_do_not_change_what_was_stored() -> None:
    scored: GradedFilm = FILMS["scored"]()
    reviewed = dataclasses.replace(scored, reviews=(review(1),))
    assert encapsulated_pdf(reviewed).content == encapsulated_pdf(scored).content


def test_a_picture_has_none() -> None:
    with pytest.raises(UndocumentedError):
        encapsulated_pdf(dataclasses.replace(FILMS["scored"](), header=None))


@pytest.mark.parametrize("name", SCORED[:2])
def test_real_films_have_a_valid_one(name: str, shared: Path, tmp_path: Path) -> None:
    complaints = dciodvfy(encapsulated_pdf(real_film(shared, name)).content, tmp_path)
    assert [line for line in complaints if "Retired Person Name form" not in line] == []
