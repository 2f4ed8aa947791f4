"""``serve`` makes documents and pictures in processes: it answers meanwhile, and leaves none."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import requests
from fastapi.testclient import TestClient

from radiograde.service.config.settings import Settings
from radiograde.service.errors import CutShortError
from radiograde.service.http.app import create_app
from radiograde.service.processes.runner import InlineRunner
from tests.orthanc import free_port
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer
from tests.service.processes import running, waited

T = TypeVar("T")


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_the_service_answers_while_a_document_takes_long_and_when_its_process_is_killed(
    tmp_path: Path,
) -> None:
    port, log = free_port(), tmp_path / "serve.log"
    command = ("serve", "--port", str(port), "--data-dir", str(tmp_path / "data"), "--no-worker")
    with ExitStack() as stack:
        serve = stack.enter_context(running(*command, log=log))
        browser = stack.enter_context(requests.Session())
        asking = stack.enter_context(ThreadPoolExecutor(1))
        url = f"http://127.0.0.1:{port}"
        assert waited(lambda: b"Radiograde at" in log.read_bytes(), 120), log.read_text()
        assert serve.children() == [], "a process that nobody needs yet"
        scored = browser.post(f"{url}/v1/score", film_bytes(), timeout=120).json()
        documents = f"{url}/v1/results/{scored.get('id') or scored['result_id']}"
        assert browser.get(f"{documents}/thumbnail.jpg", timeout=120).ok
        (first,) = serve.children()

        os.kill(first, signal.SIGSTOP)
        report = asking.submit(requests.get, f"{documents}/sr", timeout=120)
        for path in ("/healthz", "/readyz", "/v1/worklist", documents.removeprefix(url)):
            assert browser.get(f"{url}{path}", timeout=60).ok, path
        assert not report.done()
        os.kill(first, signal.SIGKILL)
        assert report.result().content[128:132] == b"DICM"
        (second,) = serve.children()
        assert second != first

        serve.running.terminate()
        serve.running.wait(60)
        assert waited(lambda: not is_there(second), 60)
    assert log.read_text().count('"process_lost"') == 1


class CutShort(InlineRunner):
    """Work that is never done."""

    def run(self, work: Callable[..., T], *arguments: object) -> T:
        raise CutShortError("It ended before it was done. Try again in a few seconds.")


def test_what_cannot_be_made_is_answered_with_when_to_come_back(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path), scorer=FakeScorer(), runner=CutShort())
    with TestClient(app, base_url="http://localhost") as client:
        headers = {"Content-Type": "application/dicom"}
        id = client.post("/v1/score", content=film_bytes(), headers=headers).json()["id"]
        for path in ("sr", "overlay.png", "report.pdf", "pixels", "thumbnail.jpg"):
            answer = client.get(f"/v1/results/{id}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (503, "overloaded"), path
            assert answer.headers["Retry-After"] == "2"
