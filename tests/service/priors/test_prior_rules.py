"""Which films of a PACS count as priors of a film."""

from __future__ import annotations

from datetime import date

import pytest

from radiograde.service.config.archives import PriorsConfig
from radiograde.service.pacs.query_retrieve import PatientIdentity
from radiograde.service.priors.prior_rules import Subject, choose, subject_of
from radiograde.service.retrieve_errors import NothingFoundError, OtherPatientError, RetrieveError
from tests.service.documents.graded_films import film_header
from tests.service.pacs.archives import ROOT_UID, film_of_day
from tests.service.priors.fake_pacs import FakePacs

SUBJECT = Subject(PatientIdentity("P-1", "HOSPITAL"), date(2026, 3, 4), f"{ROOT_UID}.1")


def chosen(films: list[bytes], subject: Subject = SUBJECT, **rules: object) -> list[str]:
    """Return the numbers of the studies that are chosen, in their order."""
    config = PriorsConfig.model_validate({"pacs": ["pacs"], **rules})
    with FakePacs(films).session() as session:
        images = choose(session, subject, config)
    return [image.study_instance_uid.removeprefix(f"{ROOT_UID}.") for image in images]


def test_earlier_films_of_the_patient_are_priors_the_newest_first() -> None:
    films = [film_of_day("20260102", 12), film_of_day("20260101", 11), film_of_day("20260303", 13)]
    assert chosen(films) == ["13", "12", "11"]


def test_the_films_own_study_later_ones_and_older_than_asked_for_are_none() -> None:
    films = [
        film_of_day("20260304", 1),
        film_of_day("20260305", 12),
        film_of_day("20251203", 13),
        film_of_day("20251204", 14),
    ]
    assert chosen(films, days=90) == ["14"]


def test_there_are_no_more_studies_than_asked_for() -> None:
    films = [film_of_day(f"2026010{day}", 10 + day) for day in range(1, 8)]
    assert chosen(films, most=3) == ["17", "16", "15"]


def test_a_study_without_a_chest_film_counts_for_nothing() -> None:
    films = [
        film_of_day("20260101", 11),
        film_of_day("20260102", 12, BodyPartExamined="HAND"),
        film_of_day("20260103", 13, Modality="MG"),
        film_of_day("20260104", 14, BodyPartExamined=None),
    ]
    assert chosen(films, most=2) == ["14", "11"]
    assert chosen(films, body_parts=["HAND"]) == ["14", "12"]
    assert chosen(films, modalities=["MG"]) == ["13"]


@pytest.mark.parametrize(
    ("answered", "is_same"),
    [
        (PatientIdentity("P-1", "HOSPITAL"), True),
        (PatientIdentity("P-1"), True),
        (PatientIdentity("P-1", "OTHER"), False),
        (PatientIdentity("P-10", "HOSPITAL"), False),
        (PatientIdentity("p-1", "HOSPITAL"), False),
    ],
)
def test_identifier_and_issuer_decide_whose_studies_they_are(
    answered: PatientIdentity, is_same: bool
) -> None:
    pacs = FakePacs([film_of_day("20260101", 11)], answers_as=answered)
    with pacs.session() as session:
        if is_same:
            assert len(choose(session, SUBJECT, PriorsConfig(pacs=("pacs",)))) == 1
        else:
            with pytest.raises(OtherPatientError, match="another patient ID or issuer"):
                choose(session, SUBJECT, PriorsConfig(pacs=("pacs",)))


def test_nothing_is_an_answer_too() -> None:
    with pytest.raises(NothingFoundError, match="within 730 days"):
        chosen([])


@pytest.mark.parametrize("identifier", ["P*", "P?1", "", "A\\B"])
def test_an_identifier_that_others_have_too_is_not_asked_for(identifier: str) -> None:
    with pytest.raises(RetrieveError, match="not asked for") as refused:
        subject_of(film_header(PatientID=identifier), date(2026, 1, 1))
    assert not identifier or identifier not in refused.value.message


def test_a_film_says_whose_priors_it_has() -> None:
    header = film_header(
        PatientID=" P-1 ",
        IssuerOfPatientID="HOSPITAL",
        StudyDate="20260304",
        StudyInstanceUID="1.2.3",
    )
    subject = subject_of(header, date(2026, 11, 30))
    assert subject == Subject(PatientIdentity("P-1", "HOSPITAL"), date(2026, 3, 4), "1.2.3")
    assert "P-1" not in repr(subject)
    undated = subject_of(film_header(PatientID="P-1"), date(2026, 11, 30))
    assert (undated.day, undated.study_instance_uid) == (date(2026, 11, 30), None)
