"""The order, the trial and the patient's other numbers come through into every document."""

from __future__ import annotations

import dataclasses
import functools
import io
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset

from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document_form import DocumentForm
from radiograde.service.documents.document_kinds import builder_of
from radiograde.service.documents.graded_film import GradedFilm
from tests.service.documents.graded_films import STUDY_UID, graded_film
from tests.service.documents.validators import dciodvfy

KINDS: tuple[DocumentKind, ...] = ("sr", "seg", "sc", "pr", "doc")
LONG = "20260304-RADIOLOGY-0001"


def item(**elements: Any) -> Dataset:
    ds = Dataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


@functools.cache
def ordered() -> GradedFilm:
    code = item(CodeValue="36643-5", CodingSchemeDesignator="LN", CodeMeaning="Chest film")
    request = item(
        AccessionNumber="ACC-7",
        RequestedProcedureID="RP-1",
        RequestedProcedureDescription="Chest in bed",
        RequestedProcedureCodeSequence=[code],
        ScheduledProcedureStepID="SPS-1",
    )
    return graded_film(
        RequestAttributesSequence=[request],
        PlacerOrderNumberImagingServiceRequest="PLACER-3",
        OtherPatientIDsSequence=[
            item(PatientID="X-9", IssuerOfPatientID="CLINIC", TypeOfPatientID="TEXT"),
            item(PatientID="X-10"),
            item(IssuerOfPatientID="NOBODY"),
        ],
        ClinicalTrialSponsorName="Sponsor",
        ClinicalTrialProtocolID="PROTOCOL-1",
        ClinicalTrialSubjectID="SUBJECT-2",
        ClinicalTrialTimePointID="DAY-3",
    )


def made(graded: GradedFilm, kind: DocumentKind) -> FileDataset:
    return dcmread(io.BytesIO(builder_of(kind)(graded).content))


@functools.cache
def long_numbered() -> GradedFilm:
    with pytest.warns(UserWarning, match="exceeds the maximum"):
        return graded_film(AccessionNumber=LONG)


def test_the_report_names_the_order_that_it_answers() -> None:
    (request,) = made(ordered(), "sr").ReferencedRequestSequence
    assert request.StudyInstanceUID == STUDY_UID
    assert (request.AccessionNumber, request.RequestedProcedureID) == ("ACC-7", "RP-1")
    assert request.PlacerOrderNumberImagingServiceRequest == "PLACER-3"
    assert request.RequestedProcedureDescription == "Chest in bed"
    assert request.RequestedProcedureCodeSequence[0].CodeValue == "36643-5"


def test_a_films_own_referenced_requests_are_repeated() -> None:
    own = item(AccessionNumber="OTHER-1", FillerOrderNumberImagingServiceRequest="F-1")
    (request,) = made(graded_film(ReferencedRequestSequence=[own]), "sr").ReferencedRequestSequence
    assert request.AccessionNumber == "OTHER-1"
    assert request.FillerOrderNumberImagingServiceRequest == "F-1"


def test_a_film_without_an_order_names_none() -> None:
    assert "ReferencedRequestSequence" not in made(graded_film(AccessionNumber=None), "sr")


@pytest.mark.parametrize("kind", ["seg", "sc", "pr", "doc"])
def test_pictures_carry_the_requests_of_their_series(kind: DocumentKind) -> None:
    (request,) = made(ordered(), kind).RequestAttributesSequence
    assert request.ScheduledProcedureStepID == "SPS-1"
    assert request.RequestedProcedureID == "RP-1"


@pytest.mark.parametrize("kind", KINDS)
def test_other_numbers_and_the_trial_come_through_and_are_valid(
    kind: DocumentKind, tmp_path: Path
) -> None:
    document = builder_of(kind)(ordered())
    assert dciodvfy(document.content, tmp_path) == []
    ds = made(ordered(), kind)
    others = [(one.PatientID, one.TypeOfPatientID) for one in ds.OtherPatientIDsSequence]
    assert others == [("X-9", "TEXT"), ("X-10", "TEXT")]
    assert ds.ClinicalTrialSponsorName == "Sponsor"
    assert (ds.ClinicalTrialProtocolID, ds.ClinicalTrialSubjectID) == ("PROTOCOL-1", "SUBJECT-2")
    assert ds.ClinicalTrialProtocolName == ""
    assert ds.ClinicalTrialTimePointID == "DAY-3"


def test_half_a_trial_stays_out() -> None:
    ds = made(graded_film(ClinicalTrialSponsorName="S", ClinicalTrialTimePointID="D"), "sr")
    assert not [element for element in ds if element.keyword.startswith("ClinicalTrial")]


def test_a_long_accession_number_stands_where_the_standard_has_room(tmp_path: Path) -> None:
    document = builder_of("sr")(long_numbered())
    assert dciodvfy(document.content, tmp_path) == []
    ds = made(long_numbered(), "sr")
    assert ds.AccessionNumber == ""
    (request,) = ds.ReferencedRequestSequence
    assert request.FillerOrderNumberImagingServiceRequest == LONG
    assert LONG.encode() in builder_of("fhir")(long_numbered()).content


@pytest.mark.filterwarnings("ignore:The value length")
@pytest.mark.parametrize("kind", KINDS)
def test_a_destination_may_take_a_long_accession_number(kind: DocumentKind) -> None:
    form = DocumentForm(long_accession=True)
    assert made(dataclasses.replace(long_numbered(), form=form), kind).AccessionNumber == LONG
