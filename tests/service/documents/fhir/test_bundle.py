from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from fhir.resources.bundle import Bundle as BundleR5
from fhir.resources.R4B.bundle import Bundle as BundleR4B
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radiograde.model.limits import Limits
from radiograde.model.reading.digest import Digest
from radiograde.model.reading.film_file import open_film
from radiograde.model.reading.grey import Pixels
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reasons import Reason
from radiograde.model.scoring.result import NOTICE, GateVerdict
from radiograde.service.documents.codes import SEVERITIES, ZONE_SITES
from radiograde.service.documents.fhir.bundle import Version, bundle
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.sr.structured_report import structured_report
from radiograde.service.films.archive import Archive
from radiograde.service.films.intake import FilmIntake
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.storage.folder_storage import FolderStorage
from tests.service.documents.graded_films import (
    BEGAN,
    RESULT_ID,
    SOP_UID,
    STUDY_UID,
    film_bytes,
    graded_film,
    header_in,
    rejected_film,
)
from tests.service.fakes import FACTS, scored
from tests.service.reviews.made import CORRECTED, review

ROOT = Path(__file__).resolve().parents[4]
JAPANESE = ["", "ISO 2022 IR 87"]
KOREAN = ["", "ISO 2022 IR 149"]


@cache
def scored_film() -> GradedFilm:
    return graded_film()


@cache
def gated_out() -> GradedFilm:
    return rejected_film()


@cache
def picture_film() -> GradedFilm:
    film = Radiograph(Pixels(np.full((80, 60), 0.5, np.float32)), "png", Digest("cd" * 32))
    return GradedFilm(film, None, dataclasses.replace(scored(), id=RESULT_ID), BEGAN)


@cache
def reviewed_film() -> GradedFilm:
    """Return a film that two readers reviewed, the newest first."""
    names = review(1, "corrected", reader="kim <b>", comment="Effusion <left>", minutes=5)
    return dataclasses.replace(graded_film(), reviews=(names, review(2, "accepted", reader="lee")))


CASES = {
    "scored": scored_film,
    "rejected": gated_out,
    "picture": picture_film,
    "reviewed": reviewed_film,
}


def entries(subject: GradedFilm, version: Version = "R4") -> list[dict[str, Any]]:
    parsed = json.loads(bundle(subject, version).content)
    assert parsed["type"] == "transaction"
    found: list[dict[str, Any]] = parsed["entry"]
    return found


def resources(subject: GradedFilm, kind: str, version: Version = "R4") -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in entries(subject, version)]
    return [resource for resource in found if resource["resourceType"] == kind]


def report_of(subject: GradedFilm, version: Version = "R4") -> dict[str, Any]:
    (report,) = resources(subject, "DiagnosticReport", version)
    return report


def group_of(subject: GradedFilm) -> dict[str, Any]:
    groups = [each for each in resources(subject, "Observation") if code(each) == "246112005"]
    (group,) = groups
    return group


def code(element: dict[str, Any]) -> str:
    (coding,) = element["code"]["coding"]
    return str(coding["code"])


def components(observation: dict[str, Any]) -> dict[str, Any]:
    return {code(component): component for component in observation["component"]}


def value_code(element: dict[str, Any]) -> str:
    (coding,) = element["valueCodeableConcept"]["coding"]
    return str(coding["code"])


def members(subject: GradedFilm, wanted: str) -> list[dict[str, Any]]:
    return [each for each in resources(subject, "Observation") if code(each) == wanted]


def everything(element: Any) -> Iterator[tuple[str, Any]]:
    """Yield every member of a JSON document, at any depth."""
    if isinstance(element, dict):
        for name, value in element.items():
            yield name, value
            yield from everything(value)
    elif isinstance(element, list):
        for value in element:
            yield from everything(value)


@pytest.mark.parametrize("version", ["R4", "R5"])
@pytest.mark.parametrize("name", CASES)
def test_bundles_are_valid(name: str, version: Version) -> None:
    document = bundle(CASES[name](), version)
    if version == "R4":
        BundleR4B.model_validate_json(document.content)
        assert (document.kind, document.name) == ("fhir", "fhir.json")
    else:
        BundleR5.model_validate_json(document.content)
        assert (document.kind, document.name) == ("fhir_r5", "fhir-r5.json")
    assert document.media_type == "application/fhir+json"


def test_the_validator_tells_the_versions_apart() -> None:
    with pytest.raises(ValueError, match="deviceName"):
        BundleR5.model_validate_json(bundle(scored_film(), "R4").content)
    with pytest.raises(ValueError, match="study"):
        BundleR4B.model_validate_json(bundle(scored_film(), "R5").content)


@pytest.mark.parametrize("version", ["R4", "R5"])
@pytest.mark.parametrize("name", CASES)
def test_the_same_case_gives_the_same_bytes(name: str, version: Version) -> None:
    assert bundle(CASES[name](), version) == bundle(CASES[name](), version)


@pytest.mark.parametrize("name", CASES)
def test_references_within_lead_to_entries(name: str) -> None:
    found = entries(CASES[name]())
    urls = [entry["fullUrl"] for entry in found]
    assert len(set(urls)) == len(urls)
    referred = {value for key, value in everything(found) if key == "reference"}
    assert referred <= set(urls)
    ends = [
        entry["fullUrl"]
        for entry in found
        if entry["resource"]["resourceType"] == "DiagnosticReport" or "focus" in entry["resource"]
    ]
    assert set(urls) - referred == set(ends)


def test_scales_equal_the_result() -> None:
    document = scored_film().result.to_json()["scores"]
    for name, key in (
        ("BRIXIA", "brixia"),
        ("EXTENT", "geographic_extent"),
        ("OPACITY", "opacity"),
    ):
        (observation,) = members(scored_film(), name)
        expect_score(observation, document[key])
        assert value_code(components(observation)["272741003"]) == "51440002"
        assert observation["code"]["text"].endswith(f"(0 to {document[key]['range'][1]:g})")


def test_zones_equal_the_result_and_lie_where_they_belong() -> None:
    document = scored_film().result.to_json()["scores"]["brixia"]["zones"]
    found = {}
    for observation in members(scored_film(), "BRIXIA-ZONE"):
        (part,) = observation["bodySite"]["coding"]
        side = value_code(components(observation)["272741003"])
        (zone,) = [
            name
            for name, (where, lung) in ZONE_SITES.items()
            if (where.value, lung.value) == (part["code"], side)
        ]
        assert f"zone {zone}" in observation["code"]["text"]
        found[zone] = observation
    assert sorted(found) == list("ABCDEF")
    for zone, observation in found.items():
        expect_score(observation, document[zone])


def expect_score(observation: dict[str, Any], score: dict[str, Any]) -> None:
    assert observation["valueQuantity"]["value"] == score["value"]
    assert observation["valueQuantity"]["code"] == "{score}"
    limits = components(observation)["INTERVAL"]["valueRange"]
    assert [limits["low"]["value"], limits["high"]["value"]] == score["interval"]
    assert {limits[end]["code"] for end in ("low", "high")} == {"{score}"}
    level = components(observation)["INTERVAL-LEVEL"]["valueQuantity"]
    assert level["value"] == 100 * score["level"]
    assert level["code"] == "%"
    assert "referenceRange" not in observation


def test_shares_equal_the_result_and_a_lung_not_seen_has_none() -> None:
    shares = {
        value_code(components(each)["272741003"]): each["valueQuantity"]
        for each in members(scored_film(), "INVOLVEMENT")
    }
    assert {side: share["value"] for side, share in shares.items()} == {
        "51440002": 35.2,
        "24028007": 41.0,
    }
    assert {share["code"] for share in shares.values()} == {"%"}


def test_the_group_holds_severity_and_every_number() -> None:
    found = entries(scored_film())
    group = group_of(scored_film())
    assert value_code(group) == SEVERITIES["moderate"].value
    numbers = {
        entry["fullUrl"]
        for entry in found
        if entry["resource"]["resourceType"] == "Observation"
        and "valueQuantity" in entry["resource"]
    }
    assert {member["reference"] for member in group["hasMember"]} == numbers
    assert len(numbers) == 3 + 2 + 6


def test_the_example_in_the_documents_is_what_comes_out() -> None:
    page = (ROOT / "docs" / "reference" / "fhir.md").read_text("utf-8")
    example = json.loads(page.partition("```json\n")[2].partition("```")[0])
    (brixia,) = members(scored_film(), "BRIXIA")
    unsaid = ("meta", "text", "category", "basedOn", "partOf")
    assert example == {name: value for name, value in brixia.items() if name not in unsaid}


@pytest.mark.parametrize("severity", SEVERITIES)
def test_every_severity_has_its_code(severity: str) -> None:
    graded = graded_film(dataclasses.replace(scored(), severity=severity))
    assert value_code(group_of(graded)) == SEVERITIES[severity].value


def test_what_the_input_check_noticed_is_written_in_words_and_codes() -> None:
    group = group_of(scored_film())
    assert [note["text"] for note in group["note"]] == ["The view is not known."]
    assert value_code(components(group)["REMARK"]) == "VIEW-UNKNOWN"


def test_a_reason_without_a_code_of_its_own_is_written_all_the_same() -> None:
    gate = GateVerdict((Reason("brand_new", "warn", "Something <new> & odd."),))
    group = group_of(graded_film(dataclasses.replace(scored(), gate=gate)))
    assert value_code(components(group)["REMARK"]) == "OTHER"
    assert group["note"] == [{"text": "Something <new> & odd."}]
    assert "<p>Something &lt;new&gt; &amp; odd.</p>" in group["text"]["div"]


def test_a_rejected_film_has_reasons_and_no_numbers() -> None:
    (group,) = resources(gated_out(), "Observation")
    (absent,) = group["dataAbsentReason"]["coding"]
    assert absent["code"] == "not-performed"
    assert "lateral view" in group["dataAbsentReason"]["text"]
    assert value_code(components(group)["REJECTION"]) == "LATERAL"
    assert "hasMember" not in group
    names = {name for name, _ in everything(entries(gated_out()))}
    assert not names & {"valueQuantity", "valueRange"}
    assert report_of(gated_out())["conclusion"].startswith("Not graded. This is a lateral view.")


@pytest.mark.parametrize("name", CASES)
def test_all_is_preliminary_labelled_and_for_research(name: str) -> None:
    subject = CASES[name]()
    written = [*resources(subject, "Observation"), report_of(subject)]
    for resource in written:
        assert resource["status"] == "preliminary"
        assert NOTICE in resource["text"]["div"]
        if "performer" in resource:
            continue
        assert resource["meta"]["security"][0]["code"] == "AIAST"
        assert resource["issued"] == "2026-03-04T05:06:07+00:00"
    assert report_of(subject)["conclusion"].endswith(NOTICE)


def test_the_conclusion_tells_the_scores() -> None:
    conclusion = report_of(scored_film())["conclusion"]
    assert conclusion.startswith("Generated from the zone scores: ")
    assert "Severity moderate." in conclusion
    assert "Brixia score 6.7 of 18 (90% prediction interval 5.7 to 7.7)." in conclusion
    assert "35% (right 41%, left not seen)." in conclusion
    assert "The view is not known." in conclusion


@pytest.mark.parametrize("version", ["R4", "R5"])
def test_the_device_is_the_model(version: Version) -> None:
    (device,) = resources(scored_film(), "Device", version)
    assert {"system": "urn:radiograde:model-sha256", "value": FACTS.sha256} in device["identifier"]
    assert device["version"] == [{"value": FACTS.version}]
    names = device["deviceName"] if version == "R4" else device["name"]
    assert names[0]["name" if version == "R4" else "value"] == FACTS.name
    url = next(e["fullUrl"] for e in entries(scored_film()) if e["request"]["url"] == "Device")
    assert all(o["device"]["reference"] == url for o in resources(scored_film(), "Observation"))


def test_patient_order_study_and_film_are_logical_references() -> None:
    report = report_of(scored_film())
    assert report["subject"] == {
        "type": "Patient",
        "identifier": {"value": "P-1", "assigner": {"display": "HOSPITAL"}},
    }
    (order,) = report["basedOn"]
    assert order["identifier"]["value"] == "ACC-7"
    assert order["identifier"]["type"]["coding"][0]["code"] == "ACSN"
    (study,) = report["imagingStudy"]
    assert study["identifier"]["system"] == "urn:dicom:uid"
    assert study["identifier"]["value"] == f"urn:oid:{STUDY_UID}"
    assert report_of(scored_film(), "R5")["study"] == [study]
    assert group_of(scored_film())["partOf"] == [study]
    (film,) = group_of(scored_film())["derivedFrom"]
    assert film["identifier"]["value"] == f"urn:oid:{SOP_UID}"
    assert report["effectiveDateTime"] == "2026-03-04"


@pytest.mark.parametrize(
    "dates",
    [
        {},
        {"AcquisitionDate": None, "ContentDate": "20260301"},
        {"AcquisitionDateTime": "20260302235900+0100"},
        {"AcquisitionDate": "20261399", "ContentDate": None, "SeriesDate": None},
        {"AcquisitionDate": "2026.03.05"},
        {"AcquisitionDate": "18940101"},
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR DA")
def test_the_day_is_the_one_that_the_worklist_shows(dates: dict[str, Any], tmp_path: Path) -> None:
    pseudonyms = Pseudonyms(tmp_path)
    intake = FilmIntake(Archive(FolderStorage(tmp_path)), Mock(), Limits(), pseudonyms)
    listed = intake.describe(open_film(film_bytes(**dates), Limits()), "http").acquired
    assert listed is not None
    assert report_of(graded_film(**dates))["effectiveDateTime"] == listed[:10]


def test_no_more_of_the_patient_than_the_identifier() -> None:
    content = bundle(scored_film()).content.decode()
    for secret in ("김", "민준", "1960", "066Y", "Erring"):
        assert secret not in content


@pytest.mark.parametrize(
    ("kind", "entity", "system"),
    [
        ("ISO", "1.2.3.4", "urn:oid:1.2.3.4"),
        ("URI", "http://hospital.example/mrn", "http://hospital.example/mrn"),
        ("UUID", "a9d2c3a6-27b1-4f0e-9a55-6d1f0c1b7e42", None),
        ("DNS", "hospital.example", ""),
        ("ISO", "two words", ""),
    ],
)
def test_an_issuer_with_a_universal_id_is_the_system(
    kind: str, entity: str, system: str | None
) -> None:
    issuer = Dataset()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = entity, kind
    numbered = graded_film(
        IssuerOfPatientIDQualifiersSequence=Sequence([issuer]),
        IssuerOfAccessionNumberSequence=Sequence([issuer]),
    )
    wanted = f"urn:uuid:{entity}" if system is None else system
    report = report_of(numbered)
    for identifier in (report["subject"]["identifier"], report["basedOn"][0]["identifier"]):
        assert identifier.get("system", "") == wanted
    assert report["subject"]["identifier"]["assigner"] == {"display": "HOSPITAL"}


@pytest.mark.parametrize(
    ("charset", "issuer"),
    [
        (KOREAN, "서울병원"),
        (JAPANESE, "東京病院"),
        ("ISO_IR 100", "Hôpital"),
        ("GB18030", "北京医院"),
    ],
)
def test_identifiers_are_read_in_their_character_set(charset: Any, issuer: str) -> None:
    # The Korean name does not fit into every character set.
    report = report_of(
        graded_film(SpecificCharacterSet=charset, PatientName="", IssuerOfPatientID=issuer)
    )
    assert report["subject"]["identifier"] == {"value": "P-1", "assigner": {"display": issuer}}


def test_a_picture_belongs_to_nobody() -> None:
    report = report_of(picture_film())
    assert report["subject"] == {"type": "Patient", "display": "unknown"}
    assert not {"imagingStudy", "basedOn", "effectiveDateTime"} & set(report)
    assert all("partOf" not in each for each in resources(picture_film(), "Observation"))
    (film,) = group_of(picture_film())["derivedFrom"]
    assert film["identifier"] == {"system": "urn:radiograde:film-sha256", "value": "cd" * 32}


@pytest.mark.filterwarnings("ignore:Invalid value for VR DA")
def test_a_header_that_says_nothing_is_left_out() -> None:
    bare = graded_film(
        PatientID="",
        AccessionNumber="",
        StudyDate="",
        SeriesDate="",
        ContentDate="",
        AcquisitionDate="20261399",
        StudyTime="",
    )
    report = report_of(bare)
    assert report["subject"] == {"type": "Patient", "display": "unknown"}
    assert not {"basedOn", "effectiveDateTime"} & set(report)
    BundleR4B.model_validate_json(bundle(bare).content)


class Server:
    """Does what a FHIR server does with conditional creates of a transaction."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    def take(self, found: list[dict[str, Any]]) -> None:
        for entry in found:
            request = entry["request"]
            assert request["method"] == "POST"
            query = re.fullmatch(r"identifier=(\S+)\|(\S+)", request["ifNoneExist"])
            assert query is not None
            wanted = {"system": query[1], "value": query[2]}
            assert wanted in entry["resource"]["identifier"]
            assert request["url"] == entry["resource"]["resourceType"]
            if not any(
                wanted in kept["identifier"] and kept["resourceType"] == request["url"]
                for kept in self.kept
            ):
                self.kept.append(entry["resource"])


def test_sending_twice_leaves_one_set() -> None:
    server = Server()
    server.take(entries(scored_film()))
    first = len(server.kept)
    assert first == len(entries(scored_film()))
    server.take(entries(scored_film()))
    # The same film, graded once more by the same model, is no second report either.
    again = dataclasses.replace(scored_film().result, id="01JARADMZ00000000000000001")
    server.take(entries(dataclasses.replace(scored_film(), result=again)))
    assert len(server.kept) == first


def reviews_of(subject: GradedFilm) -> list[dict[str, Any]]:
    return members(subject, "VERDICT")


def test_a_review_is_an_observation_about_the_result_by_its_reader() -> None:
    corrected, accepted = reviews_of(reviewed_film())
    (group_url,) = (
        entry["fullUrl"]
        for entry in entries(reviewed_film())
        if entry["resource"] == group_of(reviewed_film())
    )
    for said, number in ((corrected, 1), (accepted, 2)):
        assert said["focus"] == [{"reference": group_url}]
        own = {"system": "urn:radiograde:review", "value": f"01JARADR{number:018d}"}
        assert own in said["identifier"]
        assert "device" not in said
        assert "meta" not in said
        assert said["subject"] == group_of(reviewed_film())["subject"]
    assert (value_code(corrected), value_code(accepted)) == ("CORRECTED", "ACCEPTED")
    assert corrected["performer"] == [{"type": "Practitioner", "display": "kim <b>"}]
    assert corrected["issued"] == "2026-03-05T05:11:07+00:00"
    assert accepted["issued"] == "2026-03-05T05:06:07+00:00"
    assert corrected["note"] == [{"text": "Effusion <left>"}]
    assert not {"note", "hasMember"} & accepted.keys()


def test_a_corrections_numbers_are_its_members_where_they_belong() -> None:
    (corrected, _) = reviews_of(reviewed_film())
    found = {entry["fullUrl"]: entry["resource"] for entry in entries(reviewed_film())}
    numbers = [found[member["reference"]] for member in corrected["hasMember"]]
    assert [one["valueQuantity"]["value"] for one in numbers] == [6, *CORRECTED.values()]
    for one, own in zip(numbers[1:], members(reviewed_film(), "BRIXIA-ZONE"), strict=False):
        assert one["bodySite"] == own["bodySite"]
        assert components(one) == {"272741003": components(own)["272741003"]}
        assert one["code"] == own["code"]
    assert {one["performer"][0]["display"] for one in numbers} == {"kim <b>"}


def test_reviews_change_nothing_of_what_was_sent_before() -> None:
    before, after = entries(scored_film()), entries(reviewed_film())
    assert after[: len(before)] == before
    server = Server()
    server.take(before)
    server.take(after)
    server.take(after)
    assert len(server.kept) == len(before) + 2 + 7
    withdrawn = entries(dataclasses.replace(reviewed_film(), withdrawn=1))
    server.take(withdrawn)
    assert len(server.kept) == 2 * (len(before) + 2 + 7) - 1


def test_another_film_shares_nothing_but_the_device_and_another_model_not_even_that() -> None:
    server = Server()
    server.take(entries(scored_film()))
    first = len(server.kept)
    server.take(entries(graded_film(SOPInstanceUID=f"{SOP_UID}.9")))
    assert len(server.kept) == 2 * first - 1
    model = dataclasses.replace(FACTS, sha256="ef" * 32)
    other = dataclasses.replace(scored_film().result, model=model)
    server.take(entries(dataclasses.replace(scored_film(), result=other)))
    assert len(server.kept) == 3 * first - 1


@pytest.mark.parametrize("folder", ["chest", "charsets", "broken"])
def test_real_headers_give_valid_bundles(shared: Path, folder: str) -> None:
    for path in sorted((shared / "dicom" / folder).iterdir()):
        content = bundle(dataclasses.replace(gated_out(), header=header_in(path))).content
        BundleR4B.model_validate_json(content)


def test_a_header_read_before_gives_the_same_bytes() -> None:
    """Other documents read the header too, and pydicom then keeps items instead of bytes."""
    issuer = Dataset()
    issuer.LocalNamespaceEntityID = "RIS"
    film = graded_film(IssuerOfAccessionNumberSequence=[issuer])
    first = bundle(film)
    assert structured_report(film).content
    assert bundle(film) == first
    assert "RIS" in first.content.decode()
