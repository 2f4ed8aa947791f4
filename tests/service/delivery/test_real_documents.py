"""The documents of a graded film at a real PACS: all in the film's own study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from radiograde.service.config.site import DicomDestination, DicomWebDestination
from radiograde.service.delivery.destinations.sink import Sink
from radiograde.service.delivery.open import open_sink
from radiograde.service.documents.capture import secondary_capture
from radiograde.service.documents.document import Document
from radiograde.service.documents.seg import segmentation
from radiograde.service.documents.sr import structured_report
from tests.orthanc import Orthanc, running_orthanc
from tests.service.delivery.nodes import destination
from tests.service.documents.cases import RESULT_ID, STUDY_UID, case, film_bytes


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    film = case()
    return [structured_report(film), segmentation(film), secondary_capture(film)]


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path) as running:
        yield running


def by_c_store(orthanc: Orthanc) -> DicomDestination:
    return destination(orthanc.dicom_port, aet=orthanc.aet)


def by_stow(orthanc: Orthanc) -> DicomWebDestination:
    return DicomWebDestination(name="web", type="dicomweb", url=orthanc.dicomweb)


@pytest.mark.parametrize("way", [by_c_store, by_stow])
def test_they_join_their_film(
    orthanc: Orthanc,
    documents: list[Document],
    way: Callable[[Orthanc], DicomDestination | DicomWebDestination],
) -> None:
    orthanc.post("/instances", film_bytes())
    sink: Sink = open_sink(way(orthanc))
    for _ in range(2):
        sink.send(documents, RESULT_ID)
    assert len(orthanc.get("/patients")) == len(orthanc.get("/studies")) == 1
    kept = orthanc.instances()
    assert {one["StudyInstanceUID"] for one in kept} == {STUDY_UID}
    assert sorted(one["Modality"] for one in kept) == ["DX", "OT", "SEG", "SR"]
    uids = {one["SOPInstanceUID"] for one in kept if one["Modality"] != "DX"}
    assert uids == {document.sop_instance_uid for document in documents}
