"""``make department``: what compose starts, as plain processes that end together."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from pynetdicom import AE

from deploy.department.servers import RULES, scrape_config, start_prometheus
from tests.accidents.postgres import tool
from tests.service.dimse.fakes import DX, FILM, film
from tests.service.processes import ROOT, waited

START_S = 500.0
PARTS = {"postgres", "s3", "serve", "listen", "work 1", "work 2"}

needs_postgres = pytest.mark.skipif(
    tool("initdb") is None or sys.platform != "linux", reason="Debian's postgresql is absent"
)


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    output: Path

    def said(self, name: str) -> str:
        found = re.search(rf"^{re.escape(name)} +(\S.*)$", self.output.read_text(), re.MULTILINE)
        return "" if found is None else found[1]

    @property
    def pids(self) -> Mapping[str, int]:
        found: dict[str, int] = json.loads(self.said("processes"))
        return found

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.output.read_text()
        return bool(self.said("processes"))


@contextmanager
def department(folder: Path) -> Iterator[Running]:
    output = folder / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.department"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": "/tmp", "PYTHONUNBUFFERED": "1"},  # noqa: S108
            stdout=file,
            stderr=file,
        )
    running = Running(process, output)
    try:
        assert waited(running.is_up, START_S, every=0.5), output.read_text()
        yield running
    finally:
        process.terminate()
        process.wait(120)


def alive(pids: Mapping[str, int]) -> set[str]:
    return {name for name, pid in pids.items() if is_alive(pid)}


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def send(address: str) -> int:
    title, _, place = address.partition("@")
    host, _, port = place.rpartition(":")
    node = AE(ae_title="XRAY1")
    node.add_requested_context(DX)
    association = node.associate(host, int(port), ae_title=title)
    assert association.is_established
    status = association.send_c_store(film(3))
    association.release()
    return int(status.Status)


@needs_postgres
@pytest.mark.timeout(1200)
def test_a_department_takes_films_grades_them_and_ends_whole(tmp_path: Path) -> None:
    with department(tmp_path) as running:
        pids = running.pids
        assert set(pids) - {"prometheus"} == PARTS
        url = running.said("serve")
        scored = requests.post(f"{url}/v1/score", data=FILM(), timeout=120)
        assert scored.status_code == 200, scored.text
        assert send(running.said("listen")) == 0
        graded = {"graded": 2}

        def counts() -> Any:
            return requests.get(f"{url}/v1/jobs", timeout=60).json()["counts"]

        assert waited(lambda: {"graded": counts()["graded"]} == graded, 120, every=0.5), counts()
        by_workers = 0.0
        for name in ("serve", "listen", "work 1", "work 2"):
            metrics = requests.get(running.said(f"metrics of {name}"), timeout=60).text
            assert 'radiograde_films{state="graded"} 2' in metrics, (name, metrics)
            if name.startswith("work"):
                done = re.findall(r"^radiograde_graded_total\{.*\} ([\d.]+)$", metrics, re.M)
                by_workers += sum(map(float, done))
        assert by_workers == 1
        folders = set(Path("/tmp").glob("radiograde-department-*"))  # noqa: S108
        os.kill(running.process.pid, signal.SIGTERM)
        assert running.process.wait(120) == 0, running.output.read_text()
        assert waited(lambda: not alive(pids), 10), alive(pids)
        assert len(folders - set(Path("/tmp").glob("radiograde-department-*"))) == 1  # noqa: S108


@needs_postgres
@pytest.mark.timeout(1200)
def test_all_end_when_one_does(tmp_path: Path) -> None:
    with department(tmp_path) as running:
        pids = running.pids
        os.kill(pids["work 2"], signal.SIGKILL)
        assert running.process.wait(120) == 1
        assert "work 2 has ended" in running.output.read_text()
        assert waited(lambda: not alive(pids), 10), alive(pids)


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="Debian's prometheus is absent")
def test_prometheus_asks_everybody_and_knows_the_rules(tmp_path: Path) -> None:
    started = start_prometheus(tmp_path, ["127.0.0.1:1", "127.0.0.1:2"])
    assert started is not None
    prometheus, port = started
    try:
        api = f"http://127.0.0.1:{port}/api/v1"

        def asked() -> set[str]:
            targets = requests.get(f"{api}/targets", timeout=10).json()["data"]["activeTargets"]
            return {one["labels"]["instance"] for one in targets}

        assert waited(lambda: asked() == {"127.0.0.1:1", "127.0.0.1:2"}, 60, every=0.2)
        (group,) = requests.get(f"{api}/rules", timeout=10).json()["data"]["groups"]
        (known,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
        assert [one["name"] for one in group["rules"]] == [one["alert"] for one in known["rules"]]
    finally:
        prometheus.end()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's prometheus is absent")
@pytest.mark.parametrize(
    ("kind", "file"),
    [(("config", "--syntax-only"), "prometheus.yml"), (("rules",), "radiograde.rules.yml")],
)
def test_prometheus_understands_what_compose_gives_it(kind: tuple[str, ...], file: str) -> None:
    command = ["promtool", "check", *kind, str(RULES.with_name(file))]
    subprocess.run(command, check=True, capture_output=True)


def test_prometheus_is_told_whom_to_ask_and_what_is_alarming() -> None:
    config = yaml.safe_load(scrape_config(["127.0.0.1:1", "127.0.0.1:2"], RULES))
    (job,) = config["scrape_configs"]
    assert job["job_name"] == "radiograde", "the alert rules name it"
    assert job["static_configs"] == [{"targets": ["127.0.0.1:1", "127.0.0.1:2"]}]
    assert Path(config["rule_files"][0]).is_file()
