"""TLS with and without certificates of callers, against a throw-away authority."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.presentation import build_context

from radiograde.service.config.site import NodeConfig, ServerTls
from radiograde.service.dimse.node import Node, start_node
from radiograde.service.errors import SiteError, UnsafeHostError
from tests.service.certificates import Certificates
from tests.service.dimse.conftest import StartNode
from tests.service.dimse.fakes import (
    AET,
    DX,
    TIMEOUT_S,
    VERIFICATION,
    FakeIntake,
    FakeKeptInstances,
    film,
    status_of,
    wait_for,
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("stranger"))


def table_of(authority: Certificates, *, ca: bool) -> dict[str, Path | None]:
    certificate, key = authority.of("node")
    return {
        "certificate": certificate,
        "key": key,
        "ca": authority.ca if ca else None,
    }


def trusting(authority: Certificates, own: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.ca)
    if own is not None:
        context.load_cert_chain(*own)
    return context


def call_by_tls(node: Node, context: ssl.SSLContext) -> Association:
    ae = AE("MODALITY")
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = TIMEOUT_S
    return ae.associate(
        "127.0.0.1",
        node.port,
        contexts=[build_context(VERIFICATION), build_context(DX)],
        ae_title=AET,
        tls_args=(context, "localhost"),
    )


def test_stores_over_tls(
    start_a_node: StartNode, authority: Certificates, intake: FakeIntake
) -> None:
    node = start_a_node(tls=table_of(authority, ca=False))
    association = call_by_tls(node, trusting(authority))
    assert status_of(association.send_c_store(film())) == 0x0000
    association.release()
    assert len(intake.kept) == 1


def test_lets_in_whose_certificate_is_signed_and_no_one_else(
    start_a_node: StartNode, authority: Certificates, stranger: Certificates
) -> None:
    node = start_a_node(tls=table_of(authority, ca=True))
    known = call_by_tls(node, trusting(authority, authority.of("modality")))
    assert status_of(known.send_c_echo()) == 0x0000
    known.release()
    for own in (None, stranger.of("modality")):
        assert not call_by_tls(node, trusting(authority, own)).is_established


def test_does_not_speak_plainly_where_it_has_tls(
    start_a_node: StartNode, authority: Certificates
) -> None:
    node = start_a_node(tls=table_of(authority, ca=False))
    plain = AE("MODALITY").associate(
        "127.0.0.1", node.port, contexts=[build_context(VERIFICATION)], ae_title=AET
    )
    assert not plain.is_established


def test_old_tls_is_refused(start_a_node: StartNode, authority: Certificates) -> None:
    node = start_a_node(tls=table_of(authority, ca=False))
    context = trusting(authority)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", node.port), timeout=TIMEOUT_S) as connection,
        pytest.raises((ssl.SSLError, ConnectionResetError)),
    ):
        context.wrap_socket(connection, server_hostname="localhost")


def test_a_silent_handshake_keeps_no_one_waiting(
    start_a_node: StartNode, authority: Certificates
) -> None:
    node = start_a_node(tls=table_of(authority, ca=False))
    silent = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(5)]
    silent[0].sendall(b"\x16\x03\x01\x02\x00")
    association = call_by_tls(node, trusting(authority))
    assert status_of(association.send_c_echo()) == 0x0000
    association.release()
    for connection in silent:
        connection.close()


def test_a_caller_that_drops_its_encryption_is_gone(
    start_a_node: StartNode, authority: Certificates
) -> None:
    node = start_a_node(tls=table_of(authority, ca=False), associations=1, idle_timeout_s=1)
    with socket.create_connection(("127.0.0.1", node.port), timeout=TIMEOUT_S) as connection:
        wrapped = trusting(authority).wrap_socket(connection, server_hostname="localhost")
        wrapped.sendall(b"\x01\0\0")
        plain = socket.socket(fileno=wrapped.detach())
        plain.sendall(b"\0\0\0\0\0\0\0\0\0\0\0\0")
        plain.close()

    def is_free_again() -> bool:
        association = call_by_tls(node, trusting(authority))
        return bool(association.is_established and status_of(association.send_c_echo()) == 0)

    wait_for(is_free_again)


def test_certificates_of_callers_guard_an_open_address(authority: Certificates) -> None:
    address = "0.0.0.0"  # noqa: S104
    guarded = NodeConfig(host=address, port=0, tls=ServerTls(**table_of(authority, ca=True)))
    start_node(guarded, FakeIntake(), FakeKeptInstances()).close()
    open_to_all = NodeConfig(host=address, port=0, tls=ServerTls(**table_of(authority, ca=False)))
    with pytest.raises(UnsafeHostError):
        start_node(open_to_all, FakeIntake(), FakeKeptInstances())


def test_says_what_is_wrong_with_the_files(authority: Certificates, tmp_path: Path) -> None:
    certificate, key = authority.of("node")
    other_key = authority.of("other")[1]
    noise, locked = tmp_path / "noise.pem", tmp_path / "locked.key"
    noise.write_text("no PEM")
    private_key = load_pem_private_key(key.read_bytes(), password=None)
    encryption = BestAvailableEncryption(b"secret")
    locked.write_bytes(private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    for wrong in (
        ServerTls(certificate=tmp_path / "absent.pem", key=key),
        ServerTls(certificate=noise, key=key),
        ServerTls(certificate=certificate, key=other_key),
        ServerTls(certificate=certificate, key=locked),
        ServerTls(certificate=certificate, key=key, ca=noise),
    ):
        with pytest.raises(SiteError, match=r"node\.tls needs `certificate` and `key`"):
            start_node(NodeConfig(port=0, tls=wrong), FakeIntake(), FakeKeptInstances())


def test_a_renewed_certificate_is_used_without_a_restart(
    start_a_node: StartNode, tmp_path: Path
) -> None:
    before, after = (Certificates(tmp_path / name) for name in ("before", "after"))
    for one in (before, after):
        one.folder.mkdir()
    certificate, key = tmp_path / "node.pem", tmp_path / "node.key"

    def install(whose: Certificates) -> None:
        for source, target in zip(whose.of("node"), (certificate, key), strict=True):
            target.write_bytes(source.read_bytes())

    def echoes(whose: Certificates) -> bool:
        association = call_by_tls(node, trusting(whose))
        if not association.is_established:
            return False
        status = status_of(association.send_c_echo())
        association.release()
        return status == 0x0000

    install(before)
    node = start_a_node(tls={"certificate": certificate, "key": key})
    assert echoes(before)
    certificate.write_bytes(after.of("node")[0].read_bytes())  # the key is not there yet
    assert echoes(before)
    install(after)
    assert echoes(after)
    assert not echoes(before)
    key.unlink()
    assert echoes(after)
