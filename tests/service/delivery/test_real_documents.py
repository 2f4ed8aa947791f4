"""The documents of a graded film at a real PACS: all in the film's own study."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image
from pydicom import dcmread
from pydicom.uid import JPEGLosslessSV1

from radiograde.service.config.site import DicomDestinationConfig, DicomWebDestinationConfig
from radiograde.service.delivery.destinations.destination import Destination
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.documents.document import Document
from radiograde.service.documents.secondary_capture import capture_picture, secondary_capture
from radiograde.service.documents.segmentation import segmentation
from radiograde.service.documents.sr.structured_report import structured_report
from tests.orthanc import Orthanc, running_orthanc
from tests.service.delivery.nodes import destination
from tests.service.documents.graded_films import RESULT_ID, STUDY_UID, film_bytes, graded_film


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    film = graded_film()
    return [structured_report(film), segmentation(film), secondary_capture(film)]


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path) as running:
        yield running


def by_c_store(orthanc: Orthanc) -> DicomDestinationConfig:
    return destination(orthanc.dicom_port, aet=orthanc.aet)


def by_stow(orthanc: Orthanc) -> DicomWebDestinationConfig:
    return DicomWebDestinationConfig(name="web", type="dicomweb", url=orthanc.dicomweb)


@pytest.mark.parametrize("way", [by_c_store, by_stow])
def test_they_join_their_film(
    orthanc: Orthanc,
    documents: list[Document],
    way: Callable[[Orthanc], DicomDestinationConfig | DicomWebDestinationConfig],
) -> None:
    orthanc.post("/instances", film_bytes())
    target: Destination = open_destination(way(orthanc))
    for _ in range(2):
        target.send(documents, RESULT_ID)
    assert len(orthanc.get("/patients")) == len(orthanc.get("/studies")) == 1
    kept = orthanc.instances()
    assert {one["StudyInstanceUID"] for one in kept} == {STUDY_UID}
    assert sorted(one["Modality"] for one in kept) == ["DX", "OT", "SEG", "SR"]
    uids = {one["SOPInstanceUID"] for one in kept if one["Modality"] != "DX"}
    assert uids == {document.sop_instance_uid for document in documents}


def test_a_pacs_shows_the_capture_as_it_was_drawn(
    orthanc: Orthanc, documents: list[Document]
) -> None:
    capture = documents[-1]
    open_destination(by_c_store(orthanc)).send([capture], RESULT_ID)
    (kept,) = orthanc.get("/instances")
    meta = dcmread(io.BytesIO(orthanc.file(kept)), stop_before_pixels=True).file_meta
    assert meta.TransferSyntaxUID == JPEGLosslessSV1
    shown = requests.get(f"{orthanc.url}/instances/{kept}/preview", timeout=30).content
    drawn = np.asarray(capture_picture(graded_film()))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(shown))), drawn)
