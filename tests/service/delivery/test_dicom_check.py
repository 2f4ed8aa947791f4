"""What the self-test of a DICOM node finds; it stores nothing."""

from __future__ import annotations

import time
from pathlib import Path

from pydicom.uid import Comprehensive3DSRStorage
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from radiograde.service.config.site import ClientTls, DicomDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.delivery.destinations.dicom_destination import DicomDestination
from tests.orthanc import free_port, running_orthanc
from tests.service.certificates import Certificates
from tests.service.delivery.nodes import CLASSES, destination, listening, running_node


def found(node: DicomDestinationConfig) -> list[Finding]:
    return DicomDestination(node).check()


def last_failure(node: DicomDestinationConfig) -> str:
    """Return the advice of the last finding, the only one that failed."""
    findings = found(node)
    assert [one.level for one in findings] == ["ok"] * (len(findings) - 1) + ["fail"]
    return findings[-1].advice


def test_an_orthanc_passes(tmp_path: Path) -> None:
    with running_orthanc(tmp_path) as orthanc:
        findings = found(destination(orthanc.dicom_port, aet=orthanc.aet))
        assert orthanc.get("/instances") == []
    assert [one.what for one in findings] == [
        "127.0.0.1 is found",
        f"127.0.0.1:{orthanc.dicom_port} accepts connections",
        "ORTHANC accepts an association from RADIOGRADE",
        "C-ECHO is answered",
        "takes sr (Comprehensive 3D SR Storage)",
        "takes seg (Segmentation Storage)",
        "takes sc (Secondary Capture Image Storage)",
    ]
    assert {one.level for one in findings} == {"ok"}


def test_only_what_is_to_be_sent_is_asked_for() -> None:
    with running_node() as node:
        findings = found(destination(node.port).model_copy(update={"send": ("sr",)}))
    assert findings[-1].what == "takes sr (Comprehensive 3D SR Storage)"
    assert {sop_class for sop_class, _ in node.proposed[0]} == {
        Verification,
        Comprehensive3DSRStorage,
    }


def test_an_unknown_name() -> None:
    assert "pacs.invalid is not known" in last_failure(destination(104, host="pacs.invalid"))


def test_nobody_there() -> None:
    port = free_port()
    assert f"127.0.0.1:{port} accepts no connection" in last_failure(destination(port))


def test_a_port_that_says_nothing() -> None:
    with listening(lambda connection: time.sleep(300)) as port:
        assert "answers no association" in last_failure(destination(port, timeout_s=0.5))


def test_an_unknown_title() -> None:
    with running_node(known=["ELSE"]) as node:
        assert "Add RADIOGRADE" in last_failure(destination(node.port))


def test_a_class_that_is_not_taken() -> None:
    with running_node(classes=[Verification, *CLASSES[1:]]) as node:
        findings = found(destination(node.port))
    (failed,) = (one for one in findings if one.level != "ok")
    assert failed.what == "takes sr (Comprehensive 3D SR Storage)"
    assert "leave sr out of `send`" in failed.advice


def test_a_node_without_c_echo_may_do_all_the_same() -> None:
    with running_node(classes=CLASSES) as node:
        findings = found(destination(node.port))
    assert [one.what for one in findings if one.level == "warn"] == ["C-ECHO is answered"]
    assert all(one.level != "fail" for one in findings)


def test_a_node_that_takes_nothing_at_all() -> None:
    with running_node(classes=["1.2.840.10008.5.1.4.1.1.2"]) as node:
        findings = found(destination(node.port))
    assert [one.level for one in findings] == ["ok"] * 3 + ["warn"] + ["fail"] * 3


def test_tls_that_does_not_hold(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    with running_node(tls=certificates.server_context(ask_client=True)) as node:
        untrusted = destination(node.port, host="localhost", tls=ClientTls())
        assert "is not trusted" in last_failure(untrusted)
        nameless = destination(node.port, host="localhost", tls=ClientTls(ca=certificates.ca))
        assert "certificate" in last_failure(nameless)
        absent = ClientTls(ca=tmp_path / "absent.pem")
        message = last_failure(destination(node.port, host="localhost", tls=absent))
        assert "absent.pem: No such file" in message
    with running_node() as node:
        message = last_failure(destination(node.port, host="localhost", tls=ClientTls()))
        assert "the other end hung up" in message or "speaks no TLS" in message


def test_tls_towards_a_port_without() -> None:
    with running_node() as node:
        message = last_failure(destination(node.port, tls=ClientTls(), timeout_s=1))
    assert "TLS" in message or "does not answer" in message
