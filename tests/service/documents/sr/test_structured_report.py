"""The structured report says what the result says, and other programs accept it."""

from __future__ import annotations

import dataclasses
import functools
import io
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from highdicom.sr import (
    CodedConcept,
    Comprehensive3DSR,
    Measurement,
    MeasurementReport,
    PlanarROIMeasurementsAndQualitativeEvaluations,
)
from highdicom.sr.templates import _MeasurementsAndQualitativeEvaluations as Group
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import UID, Comprehensive3DSRStorage, SegmentationStorage

from radiograde.model.reasons import Reason
from radiograde.model.scoring.result import (
    NOTICE,
    Failure,
    GateVerdict,
    Involvement,
    Maps,
    SeverityResult,
)
from radiograde.model.scoring.scales import ZONES
from radiograde.service.config.site import Language
from radiograde.service.documents import codes
from radiograde.service.documents.document_form import DocumentForm
from radiograde.service.documents.film_segments import SEGMENTS
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.object_reference import ObjectReference
from radiograde.service.documents.outlines import lung_outlines, zone_outlines
from radiograde.service.documents.segmentation import segmentation
from radiograde.service.documents.sr.structured_report import structured_report
from radiograde.service.documents.statement.statement import statement
from radiograde.service.errors import UndocumentedError
from tests.service.documents.graded_films import (
    SOP_UID,
    STUDY_UID,
    film_header,
    graded_film,
    header_in,
    rejected_film,
)
from tests.service.documents.validators import dciodvfy, dsrdump
from tests.service.fakes import FACTS, LATERAL

SCORED = functools.cache(graded_film)
REJECTED = functools.cache(rejected_film)

OF_SEGMENTS = {f"Radiograde {one.tracked}" for one in SEGMENTS}
"""Groups that stand beside those of the scores."""

FINDING = Code("121071", "DCM", "Finding")
PURPOSE = Code("130400", "DCM", "Geometric purpose of region")
UPPER = Code("371886008", "SCT", "+, range of upper measurement uncertainty")
LOWER = Code("371885007", "SCT", "-, range of lower measurement uncertainty")


def read(film: GradedFilm) -> Comprehensive3DSR:
    ds = dcmread(io.BytesIO(structured_report(film).content))
    return Comprehensive3DSR.from_dataset(ds)


def groups_of(report: Comprehensive3DSR) -> list[Group]:
    assert isinstance(report.content, MeasurementReport)
    content = report.content
    found = [*content.get_image_measurement_groups(), *content.get_planar_roi_measurement_groups()]
    return [one for one in found if str(one.tracking_identifier) not in OF_SEGMENTS]


def plain(concept: CodedConcept | None) -> Code | None:
    if concept is None:
        return None
    return Code(concept.value, concept.scheme_designator, concept.meaning)


def evaluations(group: Group) -> list[tuple[Code | None, Code | None]]:
    """Return the names and values of the group's own codes."""
    return [
        (plain(item.name), plain(item.value))
        for item in group[0].ContentSequence
        if item.ValueType == "CODE"
        and item.RelationshipType == "CONTAINS"
        and item.name not in (FINDING, PURPOSE)
    ]


@functools.cache
def scored_report() -> Comprehensive3DSR:
    return read(SCORED())


def planar_groups() -> list[PlanarROIMeasurementsAndQualitativeEvaluations]:
    content = scored_report().content
    assert isinstance(content, MeasurementReport)
    return list(content.get_planar_roi_measurement_groups())


@functools.cache
def scored_groups() -> list[Group]:
    return groups_of(scored_report())


def with_result(film: GradedFilm, **changed: object) -> GradedFilm:
    return dataclasses.replace(film, result=dataclasses.replace(film.result, **changed))  # type: ignore[arg-type]


def items(ds: Dataset) -> Iterator[Dataset]:
    """Yield all content items below ``ds``."""
    for item in ds.get("ContentSequence", ()):
        yield item
        yield from items(item)


def name_of(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning)


def values(measurements: Sequence[Measurement]) -> list[tuple[str, float, str]]:
    return [(found.name.value, found.value, found.unit.value) for found in measurements]


def bounds(measurement: Measurement) -> dict[str, tuple[float, str]]:
    children = measurement[0].ContentSequence
    return {
        child.ConceptNameCodeSequence[0].CodeValue: (child.value, child.unit.value)
        for child in children
        if child.ValueType == "NUM"
    }


def test_the_document_is_named_as_its_object() -> None:
    document = structured_report(SCORED())
    ds = dcmread(io.BytesIO(document.content))
    assert (document.kind, document.name, document.media_type) == (
        "sr",
        "sr.dcm",
        "application/dicom",
    )
    assert (document.sop_class_uid, document.sop_instance_uid) == (
        ds.SOPClassUID,
        ds.SOPInstanceUID,
    )
    assert UID(ds.SOPClassUID).name == "Comprehensive 3D SR Storage"


@pytest.mark.parametrize("film", [SCORED, REJECTED])
def test_the_same_case_gives_the_same_bytes(film: object) -> None:
    assert callable(film)
    assert structured_report(film()).content == structured_report(film()).content


def test_the_lungs_have_every_score_with_its_interval() -> None:
    lungs = scored_groups()[0]
    measurements = lungs.get_measurements()
    assert values(measurements) == [
        ("BRIXIA", 6.7, "{score}"),
        ("EXTENT", 3.1, "{score}"),
        ("OPACITY", 2.4, "{score}"),
        ("INVOLVEMENT", 35.2, "%"),
        ("INVOLVEMENT", 41.0, "%"),
    ]
    assert bounds(measurements[0]) == {
        UPPER.value: (1.0, "{score}"),
        LOWER.value: (1.0, "{score}"),
    }
    sides = [found.finding_sites[0].laterality for found in measurements[3:]]
    assert sides == [codes.BILATERAL, codes.RIGHT]
    assert lungs.finding_type == codes.OPACITY
    assert lungs.finding_sites[0].value == codes.LUNG


def test_each_zone_has_its_site_score_and_cut_interval() -> None:
    film = SCORED()
    assert film.result.scores is not None
    _, *zones = scored_groups()
    assert len(zones) == 6
    for name, group in zip(ZONES, zones, strict=True):
        score = film.result.scores.zones[name]
        (site,) = group.finding_sites
        assert (plain(site.value), plain(site.laterality)) == codes.ZONE_SITES[name]
        (measurement,) = group.get_measurements()
        assert values([measurement]) == [("BRIXIA-ZONE", score.value, "{score}")]
        found = bounds(measurement)
        assert found[UPPER.value][0] == pytest.approx(score.interval[1] - score.value)
        assert found[LOWER.value][0] == pytest.approx(score.value - score.interval[0])
        assert f"zone {name}," in str(group.tracking_identifier)


def test_zones_are_tracked_under_uids_of_their_own() -> None:
    uids = [group.tracking_uid for group in scored_groups()]
    assert len(set(uids)) == 7
    assert uids == [group.tracking_uid for group in scored_groups()]


def test_severity_and_remarks_are_coded() -> None:
    assert evaluations(scored_groups()[0]) == [
        (codes.SEVERITY, codes.SEVERITIES["moderate"]),
        (codes.GRADABILITY, codes.GRADABLE),
        (codes.REMARK, codes.REASONS["view_unknown"]),
    ]


def test_a_film_without_involvement_has_no_finding() -> None:
    (lungs, *_) = groups_of(read(with_result(SCORED(), severity="none")))
    assert lungs.finding_type is None
    assert evaluations(lungs)[0] == (codes.SEVERITY, codes.SEVERITIES["none"])


def test_both_lungs_shares_are_written_where_both_are_seen() -> None:
    scores = SCORED().result.scores
    assert scores is not None
    both = dataclasses.replace(scores, lung_involvement_percent=Involvement(10.0, 20.04, 15.0))
    measurements = groups_of(read(with_result(SCORED(), scores=both)))[0].get_measurements()
    assert [found.value for found in measurements[3:]] == [15.0, 10.0, 20.0]
    assert measurements[5].finding_sites[0].laterality == codes.LEFT


def test_the_comment_tells_it_in_words() -> None:
    comment, said = comments(scored_report())
    assert "Brixia score 6.7 of 18 (90% prediction interval 5.7 to 7.7)." in comment.TextValue
    assert "The view is not known." in comment.TextValue
    assert comment.TextValue.endswith(NOTICE)
    assert said.TextValue.startswith("Generated from the zone scores: ")
    assert "ContentSequence" not in said


@pytest.mark.parametrize("language", ["ko", "de", "es", "ja"])
def test_the_statement_is_in_the_destinations_language_and_names_it(language: Language) -> None:
    film = dataclasses.replace(SCORED(), form=DocumentForm(language=language))
    _, said = comments(read(film))
    expected = statement(film.result, language)
    assert expected is not None
    assert said.TextValue == expected.marked
    (named,) = said.ContentSequence
    assert named.RelationshipType == "HAS CONCEPT MOD"
    assert named.ConceptNameCodeSequence[0].CodeValue == "121049"
    assert named.ConceptCodeSequence[0].CodeValue == language


def comments(report: Dataset) -> list[Dataset]:
    return [
        item
        for item in items(report)
        if item.ValueType == "TEXT"
        and item.ConceptNameCodeSequence[0].CodeValue == codes.COMMENT.value
    ]


def test_the_algorithm_is_named_by_its_file_in_every_group() -> None:
    for group in scored_groups():
        texts = {
            (item.ConceptNameCodeSequence[0].CodeValue, item.TextValue)
            for item in group[0].ContentSequence
            if item.ValueType == "TEXT"
        }
        assert ("111001", FACTS.name) in texts
        assert ("111003", FACTS.version) in texts
        assert ("111002", f"model_sha256={FACTS.sha256}") in texts
        assert ("111002", "prediction_interval_level=0.9") in texts


def test_a_rejected_film_has_reasons_and_no_numbers() -> None:
    film = REJECTED()
    report = read(film)
    numbers = [
        item.ConceptNameCodeSequence[0].CodeValue
        for item in items(report)
        if item.ValueType == "NUM" and item.RelationshipType == "CONTAINS"
    ]
    assert numbers == []
    (group,) = groups_of(report)
    assert evaluations(group) == [
        (codes.GRADABILITY, codes.NOT_GRADABLE),
        (codes.REJECTION, codes.REASONS["lateral_view"]),
    ]
    assert group.finding_type is None
    texts = [item.TextValue for item in items(report) if item.ValueType == "TEXT"]
    assert f"Not graded. {LATERAL.message} {NOTICE}" in texts


def test_a_reason_without_a_code_is_written_in_words() -> None:
    gate = GateVerdict((Reason("brand_new", "reject", "Something new."),))
    (group,) = groups_of(read(with_result(REJECTED(), gate=gate)))
    assert evaluations(group)[1] == (codes.REJECTION, codes.OTHER_REASON)


def test_the_report_is_preliminary_unverified_and_dated_by_the_analysis() -> None:
    ds = scored_report()
    assert (ds.PreliminaryFlag, ds.CompletionFlag) == ("PRELIMINARY", "COMPLETE")
    assert ds.VerificationFlag == "UNVERIFIED"
    assert (str(ds.ContentDate), str(ds.ContentTime)) == ("20260304", "050607")
    assert (str(ds.SeriesDate), str(ds.SeriesTime)) == ("20260304", "050607")
    assert "VerifyingObserverSequence" not in ds


def test_the_report_stands_in_the_films_study_in_a_series_of_its_own() -> None:
    ds = scored_report()
    header = SCORED().header
    assert header is not None
    assert ds.StudyInstanceUID == STUDY_UID
    assert ds.SeriesInstanceUID not in (header.text("SeriesInstanceUID"), ds.StudyInstanceUID)
    assert str(ds.PatientName) == "김^민준"


def test_the_film_is_evidence_and_in_the_image_library() -> None:
    ds = scored_report()
    header = SCORED().header
    assert header is not None
    series, sop_class = header.text("SeriesInstanceUID"), header.text("SOPClassUID")
    assert series
    assert sop_class
    film, segments = ds.get_evidence()
    assert film == (STUDY_UID, series, SOP_UID, sop_class)
    assert segments[3] == SegmentationStorage
    image = next(item for item in items(ds) if item.ValueType == "IMAGE")
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == SOP_UID
    facts = {
        item.ConceptNameCodeSequence[0].CodeMeaning: item.MeasuredValueSequence[0].NumericValue
        for item in image.ContentSequence
        if item.ValueType == "NUM"
    }
    assert facts == {
        "Pixel Data Rows": 320,
        "Pixel Data Columns": 288,
        "Horizontal Pixel Spacing": 0.5,
        "Vertical Pixel Spacing": 0.5,
    }


def test_segments_and_report_know_each_other() -> None:
    """The report names the segmentation, whose segments have its tracking UIDs (0062,0021)."""
    seg = dcmread(io.BytesIO(segmentation(SCORED()).content))
    assert seg.SOPInstanceUID in [evidence[2] for evidence in scored_report().get_evidence()]
    (named,) = [one for one in items(scored_report()) if name_of(one) == "Segmentation"]
    assert named.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == seg.SOPInstanceUID
    tracked = {group.tracking_uid: str(group.tracking_identifier) for group in planar_groups()}
    for segment in seg.SegmentSequence:
        assert tracked[segment.TrackingUID] == segment.TrackingID


def test_every_group_names_the_film_that_it_measures() -> None:
    """By TID 1501's source image, under its region, or as the segment's."""
    containers = [item for item in items(scored_report()) if name_of(item) == "Measurement Group"]
    assert len(containers) == 10
    for container in containers:
        films = [
            one.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
            for one in items(container)
            if one.ValueType == "IMAGE"
        ]
        assert SOP_UID in films


def test_zones_and_lungs_have_their_outline_as_spatial_coordinates() -> None:
    maps = SCORED().result.maps
    assert maps is not None
    regions = {
        str(group.tracking_identifier).removeprefix("Radiograde "): group.roi.value
        for group in planar_groups()
        if group.roi is not None
    }
    assert len(regions) == 10
    for zone, outline in zone_outlines(SCORED().film, maps).items():
        (found,) = [value for name, value in regions.items() if name.startswith(f"zone {zone}")]
        assert found == pytest.approx(outline, abs=0.01)
    for side, outline in lung_outlines(SCORED().film, maps).items():
        assert regions[f"{side} lung"] == pytest.approx(outline, abs=0.01)
        low, high = regions["lungs"].min(axis=0), regions["lungs"].max(axis=0)
        assert (low <= outline.min(axis=0)).all()
        assert (high >= outline.max(axis=0)).all()


def test_viewers_write_no_groups_numbers_on_anothers() -> None:
    """As OHIF does: to the right of the first edge, a line for each number and for the site."""
    rows, columns = SCORED().film.shape
    boxes = []
    for group in planar_groups():
        assert group.roi is not None
        first = group.roi.value[:2]
        left, top = first[:, 0].max(), first[:, 1].mean()
        lines = len(group.get_measurements()) + 1
        boxes.append((left, top, left + 0.35 * columns, top + 0.02 * rows * lines))
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)


@pytest.mark.parametrize(
    "maps", [None, Maps(np.zeros((8, 8), np.float32), np.zeros((2, 8, 8), np.float32))]
)
def test_without_lungs_every_group_is_framed_by_the_film(maps: Maps | None) -> None:
    content = read(with_result(SCORED(), maps=maps)).content
    assert isinstance(content, MeasurementReport)
    groups = content.get_planar_roi_measurement_groups()
    assert len(groups) == 10
    for group in groups:
        assert group.roi is not None
        assert group.roi.value.max(axis=0).tolist() == [288, 320]


def test_a_report_that_goes_alone_names_no_segmentation() -> None:
    alone = dataclasses.replace(SCORED(), form=DocumentForm(with_segmentation=False))
    assert [evidence[2] for evidence in read(alone).get_evidence()] == [SOP_UID]


def test_a_report_names_the_one_that_it_replaces(tmp_path: Path) -> None:
    former = ObjectReference(Comprehensive3DSRStorage, "1.2.3.4", "1.2.3.5", STUDY_UID)
    graded = dataclasses.replace(SCORED(), withdrawn=1, replaces=(former,))
    assert dciodvfy(structured_report(graded).content, tmp_path) == []
    (study,) = read(graded).PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == "1.2.3.5"
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.2.3.4"


def test_a_picture_and_an_unreadable_file_have_no_report() -> None:
    with pytest.raises(UndocumentedError):
        structured_report(dataclasses.replace(SCORED(), header=None))
    failed = SeverityResult("failed", FACTS, error=Failure("truncated", "Cut short."))
    with pytest.raises(UndocumentedError):
        structured_report(dataclasses.replace(SCORED(), result=failed))


@pytest.mark.parametrize("film", [SCORED, REJECTED])
def test_validators_accept_it(film: object, tmp_path: Path) -> None:
    assert callable(film)
    content = structured_report(film()).content
    assert dciodvfy(content, tmp_path) == []
    assert "Comprehensive 3D SR Document" in dsrdump(content, tmp_path)


def test_dcmtk_shows_every_score(tmp_path: Path) -> None:
    shown = dsrdump(structured_report(SCORED()).content, tmp_path)
    for name, value in (("BRIXIA", 6.7), ("EXTENT", 3.1), ("OPACITY", 2.4), ("INVOLVEMENT", 35.2)):
        code = next(code for code in vars(codes).values() if getattr(code, "value", "") == name)
        assert f'({name},99RADIOGRADE,"{code.meaning}")="{value}"' in shown
    for value in (0.2, 0.9, 2.4, 0.3, 1.0, 1.9):
        assert f'(BRIXIA-ZONE,99RADIOGRADE,"Brixia score of a lung zone")="{value}"' in shown
    assert '(246112005,SCT,"Severity")=(6736007,SCT,"Moderate")' in shown
    assert NOTICE in shown
    assert "김^민준" in shown


def test_a_header_without_anything_optional_gives_a_valid_report(tmp_path: Path) -> None:
    bare = film_header(SOPClassUID="1.2.840.10008.5.1.4.1.1.1")
    for film in (SCORED(), REJECTED()):
        content = structured_report(dataclasses.replace(film, header=bare)).content
        assert dciodvfy(content, tmp_path) == []
        dsrdump(content, tmp_path)


def test_a_film_of_a_class_that_nobody_knows_gives_a_valid_report(tmp_path: Path) -> None:
    strange = film_header(SOPClassUID="1.2.826.0.1.3680043.10.1541.99", SOPInstanceUID=SOP_UID)
    content = structured_report(dataclasses.replace(REJECTED(), header=strange)).content
    assert [line for line in dciodvfy(content, tmp_path) if line.startswith("Error")] == []


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_image_with_a_malformed_uid_keeps_the_report_readable(tmp_path: Path) -> None:
    broken = film_header(SOPInstanceUID="1.2.03")
    content = structured_report(dataclasses.replace(SCORED(), header=broken)).content
    assert '="6.7"' in dsrdump(content, tmp_path)


def test_reports_of_real_films_are_valid(shared: Path, tmp_path: Path) -> None:
    files = sorted((shared / "dicom" / "chest").glob("*.dcm"))
    assert len(files) > 10
    for file in files:
        content = structured_report(_under_the_header_of(file)).content
        assert _serious(dciodvfy(content, tmp_path)) == []
        assert '(BRIXIA,99RADIOGRADE,"Brixia score")="6.7"' in dsrdump(content, tmp_path)


def test_reports_with_multi_byte_identities_are_valid(shared: Path, tmp_path: Path) -> None:
    files = sorted((shared / "dicom" / "charsets").glob("*.dcm"))
    assert len(files) == 3
    for file in files:
        content = structured_report(_under_the_header_of(file)).content
        assert _serious(dciodvfy(content, tmp_path)) == []
        name = "김희중" if "Korean" in file.name else "やまだ^たろう"
        assert name in dsrdump(content, tmp_path)


def _under_the_header_of(file: Path) -> GradedFilm:
    return dataclasses.replace(SCORED(), header=header_in(file))


def _serious(complaints: list[str]) -> list[str]:
    """Return what is wrong beside names in one piece, which stay as they were written."""
    return [line for line in complaints if "Retired Person Name form" not in line]
