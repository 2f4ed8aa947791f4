"""Container and units: as little leave, memory and disk as the service can do with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from radiograde.command import main
from tests.orthanc import free_port
from tests.service.processes import waited

ROOT = Path(__file__).resolve().parents[1]
UNIT = ROOT / "deploy" / "systemd" / "radiograde@.service"
COMMAND = "/opt/radiograde/.venv/bin/radiograde"
MOST_EXPOSED = 2.0
"""On systemd's scale from 0 to 10; 1.6 is what is left for a service on a network."""


def directives() -> dict[str, str]:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if re.match(r"[A-Z]\w+=", line))
    return {name: value for name, _, value in pairs}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ProtectSystem", "strict"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("UMask", "0077"),
        ("StateDirectoryMode", "0700"),
        ("MemoryMax", "4G"),
        ("TasksMax", "512"),
        ("LimitCORE", "0"),
    ],
)
def test_the_unit_leaves_the_service_little(name: str, value: str) -> None:
    assert directives()[name] == value


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit of ``serve`` for systemd to judge; its command is one of this machine."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not on this machine")
    path = tmp_path / "radiograde@serve.service"
    path.write_text(UNIT.read_text(encoding="utf-8").replace(COMMAND, "/bin/true"))
    return path


def test_systemd_understands_every_line_of_the_unit(unit: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_finds_the_unit_little_exposed(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"exposure level for \S+: ([\d.]+)", said)
    assert found
    assert float(found[1]) <= MOST_EXPOSED


def services() -> dict[str, dict[str, Any]]:
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return found


@pytest.mark.parametrize("name", ["serve", "listen"])
def test_a_container_may_write_its_volume_alone_and_has_no_capability(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["volumes"] == ["data:/data"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert (service["mem_limit"], service["pids_limit"]) == ("4g", 512)


def test_http_is_published_for_a_proxy_at_the_same_computer() -> None:
    assert services()["serve"]["ports"] == ["127.0.0.1:8000:8000"]


def test_the_base_image_can_be_pinned() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    bases = [line for line in lines if line.startswith(("ARG BASE", "FROM"))]
    assert re.fullmatch(r"ARG BASE=python:3\.11-slim-\w+", bases[0])
    assert [line.split()[1] for line in bases[1:]] == ["${BASE}", "${BASE}"]


CONFINE = """
mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,ro,bind / || exit 77
shift
exec prlimit --core=0 --nofile=4096 setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""
"""What unit and container ask for, as far as it can be had without them; 77: it cannot."""

NOTHING_EXECUTABLE = """
import ctypes, os, sys
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""MemoryDenyWriteExecute= of the unit; Linux before 6.3 knows no such call."""


@pytest.mark.skipif(
    shutil.which("unshare") is None or getattr(os, "geteuid", lambda: 1)() != 0,
    reason="only root may mount a read-only system",
)
def test_it_serves_on_a_read_only_system_without_capabilities(tmp_path: Path) -> None:
    data, film, port = tmp_path / "data", tmp_path / "film.dcm", free_port()
    data.mkdir(mode=0o700)
    main.main(["data", "phantom", "--dicom", str(film)], standalone_mode=False)
    service = ["-m", "radiograde", "serve", "--port", str(port), "--data-dir", str(data)]
    inside = [sys.executable, "-c", NOTHING_EXECUTABLE, sys.executable, *service]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", CONFINE, "sh", data, *inside],
            cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        assert waited(lambda: answers(f"{url}/readyz") or process.poll() is not None, 120)
        if process.poll() == 77:
            pytest.skip("this machine lets nobody mount")
        scored = requests.post(f"{url}/v1/score", data=film.read_bytes(), timeout=120).json()
        assert scored["status"] == "scored", scored
        for kind in ("sr", "seg", "sc", "report.pdf"):
            document = requests.get(f"{url}/v1/results/{scored['id']}/{kind}", timeout=120)
            assert document.status_code == 200, (kind, document.text)
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert re.search(r"^CapBnd:\s+0+$", status, re.MULTILINE)
        assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    finally:
        process.terminate()
        process.wait(60)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=60).ok
    except requests.RequestException:
        return False
