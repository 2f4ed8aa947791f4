from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from radiograde.service.logs import configure_logging
from tests.service.conftest import Start
from tests.service.fakes import png
from tests.service.http.test_scoring import send


def test_a_request_is_one_line_without_what_was_sent(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info")
    client = start()
    client.post("/v1/score?patient=DOE", files={"file": ("DOE^JANE.png", png())})
    client.get("/v1/results/DOE")
    client.get("/DOE")
    client.get("/healthz")
    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    asked = [line for line in lines if line["event"] == "request"]
    assert [(line["route"], line["status"]) for line in asked] == [
        ("/v1/score", 200),
        ("/v1/results/{id}", 404),
        ("unmatched", 404),
    ]
    assert all(line["ms"] >= 0 and len(line["request_id"]) == 26 for line in asked)
    assert "DOE" not in text


def test_a_graded_film_is_a_line_with_the_id_of_its_request(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info")
    answer = send(start(), png())
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (graded,) = [line for line in lines if line["event"] == "graded"]
    assert graded["result_id"] == answer.json()["id"]
    assert graded["request_id"] == answer.headers["X-Request-ID"]
    assert graded["status"] == "scored"
    assert graded["gate"] == ["view_unknown"]


@pytest.mark.parametrize("level", ["debug", "info"])
def test_no_name_in_a_file_reaches_the_log(
    start: Start, shared: Path, capfd: pytest.CaptureFixture[str], level: str
) -> None:
    configure_logging(level)  # type: ignore[arg-type]  # one of the two names above
    client = start()
    files = sorted((shared / "dicom" / "charsets").iterdir())
    assert len(files) == 3
    for file in files:
        answer = send(client, file.read_bytes(), "application/dicom")
        assert "Yamada" not in answer.text
        assert "Hong" not in answer.text
    out, err = capfd.readouterr()
    assert "graded" in err
    for name in ("Yamada", "Tarou", "Hong", "Gildong", "山田", "洪"):
        assert name not in out + err


def test_a_thread_that_ends_by_an_error_is_a_line_without_its_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info")

    def broken() -> None:
        raise ValueError("DOE^JANE")

    thread = threading.Thread(target=broken, name="association")
    thread.start()
    thread.join()
    text = capsys.readouterr().err
    line = json.loads(text)
    assert (line["event"], line["type"], line["thread"]) == (
        "thread_ended",
        "ValueError",
        "association",
    )
    assert "DOE" not in text
