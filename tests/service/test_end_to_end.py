"""The commands as a user starts them, with the bundled model and real films."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from radiograde.service.http import schemas

COMMAND = [sys.executable, "-m", "radiograde"]
OUT_OF_SCOPE = ("hip_cr_jply", "leg_cr_jply", "mammogram_rg_j2k", "ct1_j2kr", "us1_j2kr")
NAMES = ("Yamada", "Tarou", "Hong", "Gildong", "山田", "洪吉洞")


@dataclass(frozen=True, slots=True)
class Served:
    """A running service: its client, and where its log goes."""

    client: httpx2.Client
    log: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Start ``radiograde serve`` on a free port, and stop it as Ctrl-C does."""
    folder = tmp_path_factory.mktemp("served")
    log = folder / "log"
    command = [*COMMAND, "serve", "--port", "0", "--data-dir", str(folder), "--device", "cpu"]
    with (
        log.open("w") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        assert process.stdout is not None
        announced = process.stdout.readline().split()
        assert announced, log.read_text()
        url = announced[2].rstrip(",")
        with httpx2.Client(base_url=url, timeout=60) as client:
            yield Served(client, log)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert "Traceback" not in log.read_text()


def score(*arguments: str | Path) -> tuple[int, list[dict[str, Any]]]:
    """Run ``radiograde score --json`` and return its exit code and its lines."""
    command = [*COMMAND, "score", "--json", "--device", "cpu", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr
    assert not any(name in done.stdout + done.stderr for name in NAMES)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def post(served: Served, path: str) -> httpx2.Response:
    return served.client.post("/v1/score", files={"file": Path(path).read_bytes()})


def test_http_and_command_line_agree_to_the_digit(served: Served, shared: Path) -> None:
    code, lines = score(shared / "dicom" / "chest")
    assert code == 0
    assert len(lines) == 12
    for line in lines:
        answer = post(served, line.pop("file"))
        assert answer.status_code == 200, answer.text
        document = answer.json()
        schemas.Result.model_validate(document)
        for result in (line, document):
            del result["id"], result["timing_ms"]
        assert document == line


def test_a_scored_film_is_drawn(shared: Path, tmp_path: Path) -> None:
    code, lines = score(shared / "dicom" / "chest" / "rsna_cr_ap_opacity.dcm", "--out", tmp_path)
    assert code == 0
    written = json.loads((tmp_path / "rsna_cr_ap_opacity.dcm.json").read_text())
    assert written["scores"] == lines[0]["scores"]
    drawn = (tmp_path / "rsna_cr_ap_opacity.dcm.overlay.png").read_bytes()
    assert drawn.startswith(b"\x89PNG")


def test_what_is_no_chest_film_is_refused_and_kept(served: Served, shared: Path) -> None:
    folder = shared / "dicom" / "out_of_scope"
    code, lines = score(*(folder / f"{name}.dcm" for name in OUT_OF_SCOPE))
    assert code == 3
    assert len(lines) == len(OUT_OF_SCOPE)
    for line in lines:
        assert line["status"] == "rejected", line["file"]
        answer = post(served, line["file"])
        assert answer.status_code == 422, answer.text
        kept = served.client.get(f"/v1/results/{answer.json()['result_id']}").json()
        assert kept["gate"] == line["gate"]


BROKEN = {
    "chrjapmultiexplicitir6.dcm": "no_pixels",
    "gh1376.dcm": "not_radiograph",
    "mr_truncated.dcm": "not_radiograph",
    "no_rows.dcm": "no_pixels",
    "no_transfer_syntax_three_elements.dcm": "no_pixels",
    "wrong_transfer_syntax.dcm": "not_radiograph",
}
"""What is said of each damaged file: another kind of object is named before its damage."""


def test_broken_files_end_alike_over_http_and_on_the_command_line(
    served: Served, shared: Path
) -> None:
    code, lines = score(shared / "dicom" / "broken")
    assert code == 3
    found = {}
    for line in lines:
        answer = post(served, line["file"])
        if line["status"] == "rejected":
            assert answer.status_code == 422
            assert answer.json()["gate"] == line["gate"]
            said = line["gate"]["reasons"][0]["code"]
        else:
            assert answer.status_code in (400, 413, 415)
            said = line["error"]["code"]
            assert answer.json()["code"] == said
        found[Path(line["file"]).name] = said
    assert found == BROKEN


def test_no_name_leaves_the_file(served: Served, shared: Path) -> None:
    code, lines = score(shared / "dicom" / "charsets")
    assert code == 3
    assert len(lines) == 3
    texts = [post(served, line["file"]).text for line in lines]
    texts.append(served.client.get("/v1/results").text)
    texts.append(served.log.read_text())
    assert not any(name in text for name in NAMES for text in texts)
    assert '"graded"' in served.log.read_text()


def test_a_taken_port_is_said_in_a_line(served: Served, tmp_path: Path) -> None:
    port = str(served.client.base_url.port)
    done = subprocess.run(
        [*COMMAND, "serve", "--port", port, "--data-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
