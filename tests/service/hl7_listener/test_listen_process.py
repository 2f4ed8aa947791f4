"""``radiograde listen`` as a process: what it acknowledged is there, whenever it is killed."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import patient_links
from radiograde.service.grading.records import open_records
from tests.orthanc import free_port
from tests.service.film_folders import beside_films
from tests.service.hl7_listener.messages import adt
from tests.service.hl7_listener.test_orders import OMI
from tests.service.processes import Process

MERGES = 5


def connected(port: int, within_s: float = 120) -> socket.socket:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        with suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), 30)
        time.sleep(0.2)
    raise AssertionError("nobody listens")


def acknowledged(connection: socket.socket, content: bytes) -> bool:
    connection.sendall(b"\x0b" + content + b"\x1c\r")
    received = b""
    while b"\x1c" not in received:
        received += connection.recv(65536)
    return b"MSA|AA|C-1" in received


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    (data / "radiograde.toml").write_text(f"[hl7]\nport = {port}\n", "utf-8")
    command = ("listen", "--port", str(free_port()), "--data-dir", str(data))
    log = tmp_path / "listen.log"
    process = Process(*command, log=log, environment={"RADIOGRADE_WORKER": "false"})
    try:
        with connected(port) as connection:
            for number in range(MERGES):
                assert acknowledged(connection, adt("A40", "A-1", f"B-{number}"))
            assert acknowledged(connection, OMI)
            process.kill()
    finally:
        process.end()
    records = open_records(Settings(data_dir=data))
    try:
        with records.database.reading() as connected_to:
            links = sa.select(sa.func.count()).select_from(patient_links)
            assert connected_to.execute(links).scalar_one() == MERGES
        assert len(list(beside_films(records.archive, "orders").glob("*/*.json"))) == 2
    finally:
        records.close()
    assert "Doe" not in log.read_text("utf-8")
