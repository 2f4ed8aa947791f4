"""A review's report says what the reader said, as the reader, beside the model's own report."""

from __future__ import annotations

import dataclasses
import functools
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from highdicom.sr import Comprehensive3DSR, MeasurementReport
from highdicom.sr.templates import _MeasurementsAndQualitativeEvaluations as Group
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset

from radiograde.model.reading.dicom_header import Header
from radiograde.model.scoring.scales import ZONES
from radiograde.service.documents.equipment import is_own
from radiograde.service.documents.film_segments import SEGMENTS
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.sr.review_report import review_report
from radiograde.service.documents.sr.structured_report import structured_report
from radiograde.service.errors import UndocumentedError
from radiograde.service.reviews.review import Review
from tests.service.documents.graded_films import SOP_UID, STUDY_UID, graded_film, rejected_film
from tests.service.documents.real_films import SCORED as REAL
from tests.service.documents.real_films import real_film
from tests.service.documents.validators import dciodvfy, dsrdump
from tests.service.reviews.made import CORRECTED, review

OF_SEGMENTS = {f"Radiograde {one.tracked}" for one in SEGMENTS}
SCORED = functools.cache(graded_film)
REJECTED = functools.cache(rejected_film)
CORRECTION = review(1, "corrected", comment="서울: right base\nsecond line")


def read(film: GradedFilm, reviewed: Review) -> FileDataset:
    return dcmread(io.BytesIO(review_report(film, reviewed).content))


def items(ds: Dataset) -> Iterator[Dataset]:
    """Yield all content items below ``ds``."""
    for item in ds.get("ContentSequence", ()):
        yield item
        yield from items(item)


def named(ds: Dataset, code: str) -> list[Dataset]:
    return [one for one in items(ds) if one.ConceptNameCodeSequence[0].CodeValue == code]


def groups(ds: Dataset) -> list[Group]:
    report = Comprehensive3DSR.from_dataset(ds).content
    assert isinstance(report, MeasurementReport)
    found = [*report.get_image_measurement_groups(), *report.get_planar_roi_measurement_groups()]
    return [one for one in found if str(one.tracking_identifier) not in OF_SEGMENTS]


def verdict(ds: Dataset) -> tuple[str, str]:
    """Return the codes of the reader's verdict and of the film's fitness."""
    (found,), (fitness,) = named(ds, "VERDICT"), named(ds, "GRADABILITY")
    return found.ConceptCodeSequence[0].CodeValue, fitness.ConceptCodeSequence[0].CodeValue


def test_the_observer_is_the_reader_and_no_device() -> None:
    ds = read(SCORED(), CORRECTION)
    assert [one.ConceptCodeSequence[0].CodeValue for one in named(ds, "121005")] == ["121006"]
    assert [one.PersonName for one in named(ds, "121008")] == ["kim^"]
    assert [one.TextValue for one in named(ds, "128774")] == ["kim"]
    assert [one.ConceptCodeSequence[0].CodeMeaning for one in named(ds, "121011")] == ["Reader"]
    (author,) = ds.AuthorObserverSequence
    assert (author.ObserverType, author.PersonName) == ("PSN", "kim^")
    assert ds.VerificationFlag == "UNVERIFIED"
    assert named(ds, "111001") == []  # no algorithm


def test_a_correction_has_the_readers_zones_and_their_sum() -> None:
    found = groups(read(SCORED(), CORRECTION))
    values = [
        (measured.name.value, measured.value)
        for group in found
        for measured in group.get_measurements()
    ]
    zones = [("BRIXIA-ZONE", CORRECTED[zone]) for zone in ZONES]
    assert values == [("BRIXIA", 6), *zones]
    assert verdict(read(SCORED(), CORRECTION)) == ("CORRECTED", "GRADABLE")


def test_what_is_measured_is_followed_by_the_identifiers_of_the_models_report() -> None:
    own = groups(dcmread(io.BytesIO(structured_report(SCORED()).content)))
    written = groups(read(SCORED(), CORRECTION))
    assert [group.tracking_uid for group in written] == [group.tracking_uid for group in own]
    assert [g.finding_sites[0].value for g in written] == [g.finding_sites[0].value for g in own]


@pytest.mark.parametrize(
    ("reviewed", "film", "expected"),
    [
        (review(1, "accepted"), SCORED, ("ACCEPTED", "GRADABLE")),
        (review(1, "not_gradable"), SCORED, ("NOT-GRADABLE", "NOT-GRADABLE")),
        (review(1, "accepted"), REJECTED, ("ACCEPTED", "NOT-GRADABLE")),
        (review(1, "not_gradable"), REJECTED, ("NOT-GRADABLE", "NOT-GRADABLE")),
        (review(1, "corrected"), REJECTED, ("CORRECTED", "GRADABLE")),
    ],
)
def test_every_verdict_is_written(
    reviewed: Review, film: functools._lru_cache_wrapper[GradedFilm], expected: tuple[str, str]
) -> None:
    ds = read(film(), reviewed)
    assert verdict(ds) == expected
    numbers = [one for one in items(ds) if one.ValueType == "NUM"]
    scores = [one for one in numbers if one.RelationshipType == "CONTAINS"]
    assert len(scores) == (7 if reviewed.zones else 0)


def test_the_comment_is_written_whole() -> None:
    summary, comment = named(read(SCORED(), CORRECTION), "121106")
    assert comment.TextValue == "서울: right base\r\nsecond line"
    assert "Brixia score 6 of 18 (A 0, B 1, C 3, D 0, E 0, F 2)" in summary.TextValue
    assert len(named(read(SCORED(), review(1)), "121106")) == 1


def test_film_and_judged_report_are_referred_to() -> None:
    own = dcmread(io.BytesIO(structured_report(SCORED()).content))
    ds = read(SCORED(), CORRECTION)
    referred = [
        one.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for one in items(ds)
        if one.ValueType in ("IMAGE", "COMPOSITE")
    ]
    # Each of the seven groups names the film that it measures.
    assert referred == [SOP_UID, own.SOPInstanceUID, *[SOP_UID] * 7]
    (study,) = ds.CurrentRequestedProcedureEvidenceSequence
    assert study.StudyInstanceUID == STUDY_UID
    evidence = {
        (series.SeriesInstanceUID, series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        for series in study.ReferencedSeriesSequence
    }
    assert (own.SeriesInstanceUID, own.SOPInstanceUID) in evidence
    assert len(evidence) == 2


def test_it_stands_in_the_films_study_in_a_series_of_its_own() -> None:
    own = dcmread(io.BytesIO(structured_report(SCORED()).content))
    first, second = (read(SCORED(), review(number)) for number in (1, 2))
    assert first.StudyInstanceUID == own.StudyInstanceUID == STUDY_UID
    assert (first.PatientID, str(first.PatientName)) == ("P-1", "김^민준")
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID"):
        assert len({ds[keyword].value for ds in (own, first, second)}) == 3


def test_its_times_are_those_of_the_review_in_the_films_zone() -> None:
    ds = read(graded_film(TimezoneOffsetFromUTC="+0900"), review(1))
    assert (ds.ContentDate, ds.ContentTime) == ("20260305", "140607")
    assert (ds.SeriesDate, ds.SeriesTime) == ("20260305", "140607")


def test_it_is_known_as_our_own_and_is_the_same_each_time() -> None:
    assert is_own(Header(read(SCORED(), CORRECTION)))
    assert review_report(SCORED(), CORRECTION) == review_report(SCORED(), CORRECTION)


@pytest.mark.parametrize(
    ("reader", "name"),
    [("Kim^Minjun", "Kim^Minjun"), ("back\\slash", "back^"), ("\\", "Reader^"), ("김", "김^")],
)
def test_any_reader_has_a_name_that_dicom_allows(reader: str, name: str) -> None:
    ds = read(SCORED(), dataclasses.replace(CORRECTION, reviewer=reader))
    assert ds.AuthorObserverSequence[0].PersonName == name


def test_a_picture_has_none() -> None:
    with pytest.raises(UndocumentedError):
        review_report(dataclasses.replace(SCORED(), header=None), CORRECTION)


@pytest.mark.parametrize("film", [SCORED, REJECTED], ids=["scored", "rejected"])
@pytest.mark.parametrize("reviewed", [CORRECTION, review(1), review(1, "not_gradable")])
def test_other_programs_accept_it(
    film: functools._lru_cache_wrapper[GradedFilm], reviewed: Review, tmp_path: Path
) -> None:
    content = review_report(film(), reviewed).content
    assert dciodvfy(content, tmp_path) == []
    assert '"kim^"' in dsrdump(content, tmp_path)


def test_a_film_whose_uid_breaks_the_rules_is_named_as_evidence_alone() -> None:
    ds = read(graded_film(SOPInstanceUID="1.2.3.04", StudyID=None), CORRECTION)
    assert [one.ValueType for one in items(ds) if "ReferencedSOPSequence" in one] == ["COMPOSITE"]
    Comprehensive3DSR.from_dataset(ds)


@pytest.mark.parametrize("name", REAL)
def test_reports_on_real_films_are_valid(shared: Path, tmp_path: Path, name: str) -> None:
    said = dciodvfy(review_report(real_film(shared, name), CORRECTION).content, tmp_path)
    assert [line for line in said if line.startswith("Error")] == []
