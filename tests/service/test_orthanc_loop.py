"""The loop with a real Orthanc: a film goes out by itself, its results come back into its study."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.orthanc import Orthanc, free_port, running_orthanc
from tests.service.documents.graded_films import STUDY_UID, film_bytes
from tests.service.processes import ROOT, running, waited

ROUTE = ROOT / "docs" / "how-to" / "orthanc" / "route.lua"
TITLE = "RADIOGRADE"
PROMISED_S = 5.0
"""Within which results are back; a loaded machine may take longer, and the test only tells."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def results_in(orthanc: Orthanc) -> list[str]:
    """Return the series descriptions of what Radiograde made, wherever it lies."""
    return sorted(
        tags["Modality"]
        for tags in orthanc.instances()
        if tags.get("ManufacturerModelName", "").startswith("Radiograde")
        or tags.get("Manufacturer") == "Radiograde"
    )


def seconds_until_results(orthanc: Orthanc, began: float) -> float:
    """Return how long it took until all three documents were in the film's own study."""
    assert waited(lambda: len(orthanc.get("/instances")) == 4, 90)
    took = time.monotonic() - began
    assert {tags["StudyInstanceUID"] for tags in orthanc.instances()} == {STUDY_UID}
    assert len(results_in(orthanc)) == 3
    return took


@pytest.fixture
def by_dicom(tmp_path: Path, data: Path) -> Iterator[Orthanc]:
    """Return an Orthanc that routes films by C-STORE to a node that answers by C-STORE."""
    port = free_port()
    with ExitStack() as stack:
        orthanc = stack.enter_context(
            running_orthanc(
                tmp_path / "orthanc",
                modalities={"radiograde": (TITLE, "127.0.0.1", port)},
                lua=ROUTE.read_text(),
                settings={"DicomAlwaysAllowStore": True},
            )
        )
        (data / "radiograde.toml").write_text(
            f'[[destination]]\nname = "pacs"\ntype = "dicom"\naet = "{orthanc.aet}"\n'
            f'host = "127.0.0.1"\nport = {orthanc.dicom_port}\n'
        )
        log = data / "listen.log"
        command = ("listen", "--port", str(port), "--data-dir", str(data))
        stack.enter_context(running(*command, log=log))
        assert waited(lambda: b"worker_ready" in log.read_bytes(), 90), log.read_text()
        yield orthanc


def test_a_film_stored_in_orthanc_is_graded_and_its_results_come_back(by_dicom: Orthanc) -> None:
    orthanc = by_dicom
    orthanc.post("/instances", film_bytes(StudyInstanceUID="1.2.3", SOPInstanceUID="1.2.3.4"))
    assert waited(lambda: len(orthanc.get("/instances")) == 4, 90)  # everything is loaded now
    for key in orthanc.get("/studies"):
        orthanc.delete(f"/studies/{key}")
    began = time.monotonic()
    orthanc.post("/instances", film_bytes())
    took = seconds_until_results(orthanc, began)
    print(f"\nC-STORE out and back: {took:.2f} s (promised within {PROMISED_S:g} s)")
    time.sleep(2)
    assert len(orthanc.get("/instances")) == 4, "results went in circles"


def test_the_same_by_dicomweb(tmp_path: Path, data: Path) -> None:
    port = free_port()
    servers = {"radiograde": [f"http://127.0.0.1:{port}/dicom-web/"]}
    web = {"Enable": True, "Root": "/dicom-web/", "Servers": servers}
    with ExitStack() as stack:
        orthanc = stack.enter_context(
            running_orthanc(tmp_path / "orthanc", settings={"DicomWeb": web})
        )
        (data / "radiograde.toml").write_text(
            f'[[destination]]\nname = "pacs"\ntype = "dicomweb"\nurl = "{orthanc.dicomweb}"\n'
        )
        log = data / "serve.log"
        command = ("serve", "--port", str(port), "--data-dir", str(data))
        stack.enter_context(running(*command, log=log))
        assert waited(lambda: b"worker_ready" in log.read_bytes(), 90), log.read_text()
        began = time.monotonic()
        film = orthanc.post("/instances", film_bytes())["ID"]
        answer = orthanc.post(
            "/dicom-web/servers/radiograde/stow", json.dumps({"Resources": [film]})
        )
        assert answer is not None
        took = seconds_until_results(orthanc, began)
    print(
        f"\nSTOW-RS out and back, the first film: {took:.2f} s (promised within {PROMISED_S:g} s)"
    )
