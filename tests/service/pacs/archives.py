"""PACS for tests that are not Radiograde's: Orthanc, and DCMTK's dcmqrscp; films to put in them."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pynetdicom import AE
from pynetdicom.presentation import build_context

from radiograde.service.config.site import DicomDestinationConfig, DicomWebDestinationConfig
from tests.orthanc import Orthanc, free_port
from tests.service.documents.graded_films import film_bytes

ROOT_UID = "1.2.826.0.1.3680043.10.1541"
QRSCP = "QRSCP"


def film_of_day(day: str, number: int, **changed: Any) -> bytes:
    """Return a drawn film of a day (``YYYYMMDD``), in a study of its own."""
    dates = dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), day)
    uids = {
        "StudyInstanceUID": f"{ROOT_UID}.{number}",
        "SeriesInstanceUID": f"{ROOT_UID}.{number}.1",
        "SOPInstanceUID": f"{ROOT_UID}.{number}.1.1",
    }
    return film_bytes(**dates | uids | changed)


def course() -> list[bytes]:
    """Return three earlier films of a patient."""
    return [film_of_day(f"2026010{day}", 100 + day) for day in (1, 2, 3)]


def orthanc_by_dicom(orthanc: Orthanc, **chosen: Any) -> DicomDestinationConfig:
    """Return an Orthanc as a destination that is called by DICOM."""
    return DicomDestinationConfig.model_validate(
        {"type": "dicom", "name": "pacs", "aet": orthanc.aet, "host": orthanc.host}
        | {"port": orthanc.dicom_port, "timeout_s": 20, "sources": []}
        | chosen
    )


def orthanc_by_web(orthanc: Orthanc, **chosen: Any) -> DicomWebDestinationConfig:
    """Return an Orthanc as a destination that is called by DICOMweb."""
    return DicomWebDestinationConfig.model_validate(
        {"type": "dicomweb", "name": "pacs", "url": orthanc.dicomweb, "timeout_s": 20} | chosen
    )


@contextmanager
def running_dcmqrscp(
    folder: Path, move_to: tuple[str, int] | None = None
) -> Iterator[DicomDestinationConfig]:
    """Start DCMTK's archive, empty; skip the test where it is not installed.

    ``move_to``: title and port on this computer of the node that it may send to.
    """
    program = shutil.which("dcmqrscp")
    if program is None:
        pytest.skip("dcmqrscp of DCMTK is not on this machine")
    (folder / "store").mkdir(parents=True)
    port = free_port()
    known = "" if move_to is None else f"radiograde = ({move_to[0]}, 127.0.0.1, {move_to[1]})\n"
    (folder / "dcmqrscp.cfg").write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        f"HostTable BEGIN\n{known}HostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\n{QRSCP} {folder / 'store'} RW (200, 1024mb) ANY\nAETable END\n"
    )
    with (folder / "dcmqrscp.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-c", str(folder / "dcmqrscp.cfg")], cwd=folder, stdout=log, stderr=log
        )
    try:
        _await(port)
        yield DicomDestinationConfig(
            type="dicom", name="second", aet=QRSCP, host="127.0.0.1", port=port, timeout_s=20
        )
    finally:
        process.kill()
        process.wait()


def store(node: DicomDestinationConfig, *films: bytes) -> None:
    """Store films in an archive."""
    datasets = [dcmread(io.BytesIO(film)) for film in films]
    contexts = [build_context(one.SOPClassUID, one.file_meta.TransferSyntaxUID) for one in datasets]
    association = AE("MODALITY").associate(
        node.host, node.port, contexts=contexts[:1], ae_title=node.aet
    )
    assert association.is_established
    statuses = [association.send_c_store(one).Status for one in datasets]
    association.release()
    assert set(statuses) == {0}


def _await(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("dcmqrscp did not start")
