"""Films are found in and had from archives that others wrote: Orthanc, and DCMTK's dcmqrscp."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date

import pytest
import requests

from radiograde.model.limits import Limits
from radiograde.service.config.site import DicomDestinationConfig, NodeConfig
from radiograde.service.dimse.node import start_node
from radiograde.service.errors import NoSpaceError, UnreachableError
from radiograde.service.pacs.dicomweb_pacs import DicomWebPacs
from radiograde.service.pacs.dimse_pacs import DimsePacs
from radiograde.service.pacs.query_retrieve import Pacs, PatientIdentity, StudyQuery
from radiograde.service.retrieve_errors import RetrieveError, UnknownMoveDestinationError
from tests.orthanc import Orthanc, free_port, running_orthanc
from tests.service.dimse.fakes import FakeIntake, FakeKeptInstances
from tests.service.pacs.archives import (
    course,
    film_of_day,
    orthanc_by_dicom,
    orthanc_by_web,
    running_dcmqrscp,
    store,
)

OF_PATIENT = StudyQuery(date(2025, 1, 1), date(2026, 12, 31), PatientIdentity("P-1", "HOSPITAL"))
FILMS = [*course(), film_of_day("20260104", 200, PatientID="P-10")]


@pytest.fixture(scope="module")
def node() -> Iterator[tuple[int, FakeIntake]]:
    """Return port and intake of the node that films are moved to."""
    intake = FakeIntake()
    with start_node(NodeConfig(port=0), intake, FakeKeptInstances()) as running:
        yield running.port, intake


@pytest.fixture(scope="module")
def orthanc(
    tmp_path_factory: pytest.TempPathFactory, node: tuple[int, FakeIntake]
) -> Iterator[Orthanc]:
    """Return an Orthanc with three films of a patient and one of another."""
    known = {"radiograde": ("RADIOGRADE", "127.0.0.1", node[0])}
    folder = tmp_path_factory.mktemp("orthanc")
    with running_orthanc(folder, modalities=known) as running:
        for film in FILMS:
            running.post("/instances", film)
        yield running


@pytest.fixture(scope="module")
def second(
    tmp_path_factory: pytest.TempPathFactory, node: tuple[int, FakeIntake]
) -> Iterator[DicomDestinationConfig]:
    """Return dcmqrscp with the same films."""
    with running_dcmqrscp(tmp_path_factory.mktemp("qrscp"), ("RADIOGRADE", node[0])) as running:
        store(running, *FILMS)
        yield running


@pytest.fixture(params=["orthanc move", "orthanc get", "orthanc web", "second move", "second get"])
def pacs(request: pytest.FixtureRequest) -> Pacs:
    archive, way = request.param.split()
    if way == "web":
        return DicomWebPacs(orthanc_by_web(request.getfixturevalue("orthanc")), Limits())
    if archive == "orthanc":
        config = orthanc_by_dicom(request.getfixturevalue("orthanc"), retrieve=way)
    else:
        config = request.getfixturevalue("second").model_copy(update={"retrieve": way})
    return DimsePacs(config, "RADIOGRADE")


def test_a_patients_studies_are_found_and_no_other_patients(pacs: Pacs) -> None:
    with pacs.session() as session:
        found = session.studies(OF_PATIENT)
    assert {study.patient.id for study in found} == {"P-1"}
    assert sorted(study.day for study in found if study.day) == [
        date(2026, 1, day) for day in (1, 2, 3)
    ]
    assert all(study.may_hold(["CR", "DX"]) for study in found)


def test_days_limit_what_is_found(pacs: Pacs) -> None:
    query = StudyQuery(date(2026, 1, 2), date(2026, 1, 2), OF_PATIENT.patient)
    with pacs.session() as session:
        assert [study.day for study in session.studies(query)] == [date(2026, 1, 2)]
        everyone = session.studies(StudyQuery(date(2026, 1, 2), date(2026, 1, 4)))
        nobody = session.studies(StudyQuery(date(2020, 1, 2), date(2020, 1, 4)))
    assert {study.patient.id for study in everyone} == {"P-1", "P-10"}
    assert nobody == []


def test_a_film_comes_as_it_was_stored(pacs: Pacs, node: tuple[int, FakeIntake]) -> None:
    moved = node[1]
    moved.kept.clear()
    had: list[bytes] = []
    with pacs.session() as session:
        study = session.studies(OF_PATIENT)[0]
        (image,) = session.images(study.study_instance_uid)
        assert session.images(study.study_instance_uid, ["CT"]) == []
        assert image.is_film(["DX"])
        assert image.body_part in ("CHEST", "")  # dcmqrscp does not know
        session.retrieve(image, had.append)
    (film,) = [*had, *moved.kept]
    stored = next(one for one in FILMS if image.sop_instance_uid.encode() in one)
    assert _pixels(film) == _pixels(stored)


def _pixels(film: bytes) -> bytes:
    return film[-320 * 288 * 2 :]


def test_what_is_tried_says_that_all_is_well(pacs: Pacs) -> None:
    assert [finding.advice for finding in pacs.check() if finding.level != "ok"] == []


def test_a_film_that_the_node_refuses_is_told(orthanc: Orthanc) -> None:
    full = FakeIntake(before=_refuse)
    with ExitStack() as stack:
        port = stack.enter_context(start_node(NodeConfig(port=0), full, FakeKeptInstances())).port
        orthanc_config: dict[str, str | int] = {"AET": "FULL", "Host": "127.0.0.1", "Port": port}
        orthanc_put(orthanc, "full", orthanc_config)
        session = stack.enter_context(DimsePacs(orthanc_by_dicom(orthanc), "FULL").session())
        (image,) = session.images(session.studies(OF_PATIENT)[0].study_instance_uid)
        with pytest.raises(RetrieveError, match=r"could not send it.*node FULL"):
            session.retrieve(image, lambda film: None)


def orthanc_put(orthanc: Orthanc, name: str, modality: dict[str, str | int]) -> None:
    answer = requests.put(f"{orthanc.url}/modalities/{name}", json=modality, timeout=30)
    answer.raise_for_status()


def _refuse() -> None:
    raise NoSpaceError("The disk is full.")


@pytest.mark.parametrize(
    ("archive", "error", "words"),
    [
        ("second", UnknownMoveDestinationError, r"does not know STRANGER .*A801.*Add the title"),
        ("orthanc", RetrieveError, r"C000.*See that it knows the node STRANGER"),
    ],
)
def test_an_unknown_move_destination_is_told_in_words(
    archive: str, error: type[RetrieveError], words: str, request: pytest.FixtureRequest
) -> None:
    """Orthanc has no status of its own for it."""
    there = request.getfixturevalue(archive)
    config = orthanc_by_dicom(there) if archive == "orthanc" else there
    with DimsePacs(config, "STRANGER").session() as session:
        (image,) = session.images(session.studies(OF_PATIENT)[0].study_instance_uid)
        with pytest.raises(error, match=words):
            session.retrieve(image, lambda film: None)


def test_a_wrong_title_and_a_dead_port_are_told_in_words(second: DicomDestinationConfig) -> None:
    wrong = second.model_copy(update={"aet": "NOBODY"})
    with (
        pytest.raises(UnreachableError, match="does not go by the title NOBODY"),
        DimsePacs(wrong, "RADIOGRADE").session(),
    ):
        pass
    dead = second.model_copy(update={"port": free_port()})
    with (
        pytest.raises(UnreachableError, match="accepts no connection"),
        DimsePacs(dead, "RADIOGRADE").session(),
    ):
        pass


def test_a_server_without_dicomweb_is_told_in_words(orthanc: Orthanc) -> None:
    elsewhere = orthanc_by_web(orthanc, url=f"{orthanc.url}/nothing-here")
    with (
        DicomWebPacs(elsewhere, Limits()).session() as session,
        pytest.raises(RetrieveError, match="404 Not Found"),
    ):
        session.studies(OF_PATIENT)
