"""Real peers: DCMTK and Orthanc, with real films; nothing of a patient in any log."""

from __future__ import annotations

import io
import json
import logging
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import (
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from radiograde.service.logs import configure_logging
from tests.orthanc import running_orthanc
from tests.service.dimse.conftest import StartNode
from tests.service.dimse.fakes import (
    AET,
    DX,
    FILM,
    FakeIntake,
    FakeKeptInstances,
    RawCaller,
    command,
    p_data,
    pdv,
    wait_for,
)

needs_dcmtk = pytest.mark.skipif(
    not all(map(shutil.which, ("echoscu", "storescu"))), reason="DCMTK is not on this machine"
)

PROPOSE = {
    JPEGBaseline8Bit: "--propose-jpeg8",
    JPEGExtended12Bit: "--propose-jpeg12",
    JPEGLosslessSV1: "--propose-lossless",
    JPEGLSLossless: "--propose-jls-lossless",
    JPEGLSNearLossless: "--propose-jls-lossy",
    JPEG2000Lossless: "--propose-j2k-lossless",
    "1.2.840.10008.1.2.4.91": "--propose-j2k-lossy",
    RLELossless: "--propose-rle",
}

NOT_SENT = {"no_rows", "mr_truncated", "no_transfer_syntax_three_elements", "wrong_transfer_syntax"}
"""Files that storescu itself will not send: they name no instance, or cannot be read."""


@pytest.fixture
def json_logs() -> Iterator[None]:
    """Put logging back after a test that logs as the command does."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with warnings.catch_warnings():
        yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    for name in ("pydicom", "pylibjpeg", "openjpeg", "PIL"):
        logging.getLogger(name).disabled = False


def echo(port: int, called: str = AET) -> int:
    command = ["echoscu", "-aec", called, "127.0.0.1", str(port)]
    return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode


def send(port: int, *options: str | Path) -> str:
    """Return what storescu says."""
    command = ["storescu", "-v", "--required", "-aec", AET, *options[:-1]]
    ran = subprocess.run(
        [*command, "127.0.0.1", str(port), options[-1]],
        check=False,
        capture_output=True,
        timeout=60,
    )
    return (ran.stdout + ran.stderr).decode(errors="replace")


def films(shared: Path) -> list[Path]:
    return sorted((shared / "dicom").rglob("*.dcm"))


def identifiers(ds: FileDataset) -> set[str]:
    """Return what of a film may not stand in a log, at least four characters long."""
    keywords = (
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "AccessionNumber",
        "SOPInstanceUID",
        "StudyInstanceUID",
        "SeriesInstanceUID",
    )
    with warnings.catch_warnings(action="ignore"):
        values = [str(ds.get(keyword, "")) for keyword in keywords]
    parts = {part for value in values for part in [value, *value.replace("=", "^").split("^")]}
    return {part for part in parts if len(part) >= 4}


@needs_dcmtk
def test_echoscu(start_a_node: StartNode) -> None:
    node = start_a_node()
    assert echo(node.port) == 0
    assert echo(node.port, called="OTHER") != 0


@needs_dcmtk
def test_storescu_with_every_real_film(
    start_a_node: StartNode,
    intake: FakeIntake,
    shared: Path,
    json_logs: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("debug")
    node = start_a_node()
    sent: list[FileDataset] = []
    for path in films(shared):
        if path.parent.name == "broken":
            continue  # storescu sends few of these; their bytes are sent below
        ds = dcmread(path, force=True)
        syntax = ds.file_meta.get("TransferSyntaxUID", ImplicitVRLittleEndian)
        output = send(node.port, PROPOSE.get(syntax, "--propose-uncompr"), path)
        if path.stem in NOT_SENT:
            assert "missing SOP class (or instance)" in output, path
        else:
            assert "Received Store Response (Success)" in output, path
            sent.append(ds)
    assert len(sent) == len(intake.kept)
    for ds, kept in zip(sent, intake.datasets(), strict=True):
        assert kept.SOPInstanceUID == ds.SOPInstanceUID
        assert kept.get("PixelData") == ds.get("PixelData")
        syntaxes = kept.file_meta.TransferSyntaxUID, ds.file_meta.TransferSyntaxUID
        assert syntaxes[0] == syntaxes[1] or not syntaxes[1].is_compressed

    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    objects = [line for line in lines if line["event"] == "object"]
    assert [line["status"] for line in objects] == ["0x0000"] * len(sent)
    assert [line["film"] for line in objects] == [f"film-{n + 1}" for n in range(len(sent))]
    for ds in sent:
        for identifier in identifiers(ds):
            assert identifier not in text
            assert identifier not in json.dumps(lines, ensure_ascii=False)


def test_broken_films_are_answered(
    start_a_node: StartNode,
    intake: FakeIntake,
    shared: Path,
    json_logs: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What storescu will not send: the bytes of each broken file, as a data set."""
    configure_logging("debug")
    caller = RawCaller(start_a_node())
    caller.associate()
    statuses = {}
    for path in sorted((shared / "dicom" / "broken").glob("*.dcm")):
        request = command(0x0001, data_set=True, sop_class=DX, sop_instance="1.2.3.4")
        caller.send(p_data(pdv(3, 3, request)) + p_data(pdv(3, 2, path.read_bytes())))
        statuses[path.stem] = caller.status()
    assert set(statuses.values()) <= {0xA900, 0xC000}
    assert len(statuses) == 6
    assert not intake.kept
    text = capsys.readouterr().err
    assert text.count('"event": "object"') == 6
    assert "1.2.3.4" not in text
    caller.close()


@needs_dcmtk
def test_storescu_with_a_film_too_large(
    start_a_node: StartNode, intake: FakeIntake, tmp_path: Path
) -> None:
    ds = dcmread(io.BytesIO(FILM()))
    ds.Rows, ds.Columns = 1000, 1000
    ds.PixelData = bytes(2_000_000)
    ds.save_as(tmp_path / "large.dcm")
    (tmp_path / "usual.dcm").write_bytes(FILM())
    node = start_a_node(max_object_mb=1)
    output = send(node.port, "--no-halt", "+sd", tmp_path)
    assert "Received Store Response (Refused: OutOfResources)" in output
    assert "Received Store Response (Success)" in output
    assert len(intake.kept) == 1


@needs_dcmtk
def test_storescu_in_any_size_of_pdu(
    start_a_node: StartNode, intake: FakeIntake, tmp_path: Path
) -> None:
    (tmp_path / "film.dcm").write_bytes(FILM())
    node = start_a_node()
    for size in ("4096", "131072"):
        options = ("--max-pdu", size, "--max-send-pdu", size)
        assert "(Success)" in send(node.port, *options, tmp_path / "film.dcm")
    assert intake.kept[0] == intake.kept[1]


@needs_dcmtk
def test_storescu_that_aborts_or_invents(
    start_a_node: StartNode, intake: FakeIntake, tmp_path: Path
) -> None:
    (tmp_path / "film.dcm").write_bytes(FILM())
    node = start_a_node()
    assert "(Success)" in send(node.port, "--abort", tmp_path / "film.dcm")
    options = ("--invent-instance", "--repeat", "5")
    assert send(node.port, *options, tmp_path / "film.dcm").count("(Success)") == 5
    assert len({ds.SOPInstanceUID for ds in intake.datasets()}) == 6


def test_orthanc_stores_and_commits(
    start_a_node: StartNode, intake: FakeIntake, kept_instances: FakeKeptInstances, tmp_path: Path
) -> None:
    node = start_a_node()
    with running_orthanc(tmp_path, modalities={"node": (AET, "127.0.0.1", node.port)}) as orthanc:
        peer = {"aet": orthanc.aet, "host": "127.0.0.1", "port": orthanc.dicom_port}
        node.close()
        node = start_a_node(port=node.port, peers=[peer])
        instance = orthanc.post("/instances", FILM())["ID"]
        assert orthanc.post("/modalities/node/echo", {}) == {}
        orthanc.post("/modalities/node/store", instance)
        (kept,) = intake.datasets()
        reference = str(kept.SOPClassUID), str(kept.SOPInstanceUID)
        for instances, expected in (({reference}, "Success"), (set(), "Failure")):
            kept_instances.instances = instances
            request = orthanc.post(
                "/modalities/node/storage-commitment", {"Resources": [instance], "Timeout": 30}
            )
            path = f"/storage-commitment/{request['ID']}"
            wait_for(lambda: orthanc.get(path)["Status"] != "Pending")  # noqa: B023  it ends here
            assert orthanc.get(path)["Status"] == expected
