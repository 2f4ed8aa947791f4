"""What was acknowledged is never lost: node, server and workers are killed while films come in.

``SURVIVAL_FILMS`` sets how many films are sent; the default keeps the suite quick.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from pydicom import dcmread
from pynetdicom import AE

from radiograde.service.config.settings import Settings
from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document_kinds import NAMES
from radiograde.service.grading.records import Records, open_records
from tests.orthanc import free_port
from tests.service.grading.conftest import MakeFilm
from tests.service.grading.conftest import make_film as make_film
from tests.service.processes import Process

FILMS = int(os.environ.get("SURVIVAL_FILMS", "16"))
DX = "1.2.840.10008.5.1.4.1.1.1.1"
SENT: tuple[DocumentKind, ...] = ("json", "sr")


@contextmanager
def processes(data: Path, node_port: int, http_port: int) -> Iterator[dict[str, Process]]:
    started = {
        "listen": Process(
            "listen", "--port", str(node_port), "--data-dir", str(data), log=data / "listen.log"
        ),
        "serve": Process(
            "serve", "--port", str(http_port), "--data-dir", str(data), log=data / "serve.log"
        ),
    }
    try:
        yield started
    finally:
        for process in started.values():
            process.end()


def store(content: bytes, port: int) -> bool:
    """Send a film by C-STORE; return whether success was answered."""
    ae = AE("MODALITY")
    ae.add_requested_context(DX)
    ae.connection_timeout = ae.acse_timeout = ae.dimse_timeout = 60
    association = ae.associate("127.0.0.1", port, ae_title="RADIOGRADE")
    if not association.is_established:
        return False
    try:
        from io import BytesIO

        status = association.send_c_store(dcmread(BytesIO(content)))
        return bool("Status" in status and status.Status == 0)
    finally:
        association.release()


def stow(content: bytes, port: int) -> bool:
    """Send a film by STOW-RS; return whether it was stored."""
    body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--x--\r\n"
    kind = 'multipart/related; type="application/dicom"; boundary=x'
    request = Request(f"http://127.0.0.1:{port}/dicom-web/studies", body, {"Content-Type": kind})
    with suppress(OSError), urlopen(request, timeout=60) as answer:  # noqa: S310
        return bool(answer.status == 200)
    return False


def score(content: bytes, port: int) -> bool:
    """Send a film to be graded; return whether its result was answered."""
    kind = {"Content-Type": "application/dicom"}
    request = Request(f"http://127.0.0.1:{port}/v1/score", content, kind)
    with suppress(OSError), urlopen(request, timeout=60) as answer:  # noqa: S310
        return bool(answer.status == 200)
    return False


def send_all(
    make_film: MakeFilm,
    ports: tuple[int, int],
    started: dict[str, Process],
    struck: Counter[str],
    rng: random.Random,
) -> int:
    """Send every film until it is acknowledged; return how many acknowledgements there were.

    After a few of them a process is killed and started again, each in its turn; it is struck only
    while it works.
    """
    waiting, acknowledged = list(range(FILMS)), 0
    until_strike, turns = rng.randint(2, 4), itertools.cycle(["listen", "serve"])
    struck_next = next(turns)
    deadline = time.monotonic() + 120 + 6 * FILMS
    while waiting:
        assert time.monotonic() < deadline, "the processes did not come back"
        number = rng.choice(waiting)
        name, send, port = rng.choice(
            [("listen", store, ports[0]), ("serve", stow, ports[1]), ("serve", score, ports[1])]
        )
        if not send(make_film(number), port):
            time.sleep(0.2)
            continue
        acknowledged += 1
        # A modality that lost the answer sends again: a fifth of the films come twice.
        if rng.random() < 0.8:
            waiting.remove(number)
        until_strike -= 1
        if until_strike <= 0 and name == struck_next:
            started[name].kill()
            started[name].start()
            struck[name] += 1
            until_strike, struck_next = rng.randint(3, 6), next(turns)
    return acknowledged


def settle(
    records: Records, started: dict[str, Process], struck: Counter[str], rng: random.Random
) -> bool:
    """Return whether every film was graded and delivered in time, though workers were killed."""
    end = time.monotonic() + 120 + 6 * FILMS
    next_strike = 2
    while time.monotonic() < end:
        counts = records.jobs.counts()
        if counts["graded"] == FILMS and not counts["waiting"] + counts["undelivered"]:
            return True
        if counts["graded"] >= next_strike:
            kill_workers(started)
            struck["worker"] += 1
            next_strike = counts["graded"] + rng.randint(FILMS // 8, FILMS // 3)
        time.sleep(0.1)
    return False


def kill_workers(started: dict[str, Process]) -> None:
    for process in started.values():
        for child in process.children():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for children in /proc")
@pytest.mark.timeout(120 + 20 * max(0, FILMS - 16))
def test_nothing_acknowledged_is_lost_when_processes_are_killed(
    tmp_path: Path, make_film: MakeFilm
) -> None:
    data, share = tmp_path / "data", tmp_path / "share"
    data.mkdir()
    share.mkdir()
    (data / "radiograde.toml").write_text(
        f'[[destination]]\nname = "share"\ntype = "folder"\npath = "{share}"\n'
        f'send = {json.dumps(SENT)}\nsources = ["dicom", "dicomweb", "folder", "http"]\n'
    )
    node_port, http_port = free_port(), free_port()
    rng = random.Random(7)  # noqa: S311
    struck: Counter[str] = Counter()
    with processes(data, node_port, http_port) as started:
        acknowledged = send_all(make_film, (node_port, http_port), started, struck, rng)
        records = open_records(Settings(data_dir=data))
        settled = settle(records, started, struck, rng)
    print(f"\n{FILMS} films, {acknowledged} acknowledgements, killed {dict(struck)}")
    assert settled, records.jobs.counts()
    assert {"listen", "serve", "worker"} <= struck.keys()
    results = [one["id"] for one in records.results.page(10 * FILMS).documents]
    uids = Counter(
        one["image"]["sop_instance_uid"] for one in records.results.page(10 * FILMS).documents
    )
    assert len(uids) == FILMS
    assert set(uids.values()) == {1}
    assert sorted(folder.name for folder in share.glob("*/*")) == sorted(results)
    wanted = sorted(NAMES[kind][0] for kind in SENT)
    for folder in share.glob("*/*"):
        assert sorted(file.name for file in folder.iterdir()) == wanted
    records.close()
