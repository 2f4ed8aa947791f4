"""The worker beside a command: started again whenever it ends, after longer and longer delays."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from radiograde.service.config.settings import Settings
from radiograde.service.grading import worker_process
from radiograde.service.grading.worker_process import BACKOFF, HEALTHY_S, worker_beside
from tests.service.processes import ROOT

SHORT, LONG = 1.0, HEALTHY_S + 1.0


class DyingWorkers:
    """Workers that live for given seconds each, by a clock of their own, and then end."""

    def __init__(self, lives_s: list[float]) -> None:
        self._lives = iter(lives_s)
        self._now = 0.0
        self._end = 0.0
        self.all_ended = threading.Event()
        self.returncode = 1
        self.stdin = None

    def start(self, _: Settings) -> DyingWorkers:
        life = next(self._lives, None)
        if life is None:
            self.all_ended.set()
            life = 1e9
        self._end = self._now + life
        return self

    def monotonic(self) -> float:
        return self._now

    def poll(self) -> int | None:
        if self._end < 1e9:
            self._now = self._end
            return 1
        return None

    def wait(self, _: float | None = None) -> int:
        return 0


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the delays between starts, which take no time."""
    found: list[float] = []
    delay_s = type(BACKOFF).delay_s

    def short_delay_s(backoff: object, failures: int) -> float:
        found.append(delay_s(BACKOFF, failures))
        return 0.0

    monkeypatch.setattr(type(BACKOFF), "delay_s", short_delay_s)
    return found


def test_delays_grow_and_begin_anew_after_a_healthy_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delays: list[float]
) -> None:
    workers = DyingWorkers([SHORT, SHORT, SHORT, LONG, SHORT, SHORT])
    monkeypatch.setattr(worker_process, "_start", workers.start)
    monkeypatch.setattr(worker_process, "time", workers)
    with worker_beside(Settings(data_dir=tmp_path)):
        assert workers.all_ended.wait(30)
    assert delays == [0.5, 1.0, 2.0, 0.5, 1.0, 2.0]


def test_a_worker_of_former_settings_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delays: list[float]
) -> None:
    begun: list[int | None] = []
    ended: list[object] = []
    second = threading.Event()

    def start(settings: Settings) -> DyingWorkers:
        begun.append(settings.keep_days)
        if len(begun) == 1:
            (tmp_path / "radiograde.toml").write_text("keep_days = 60\n")
        else:
            second.set()
        return DyingWorkers([]).start(settings)

    monkeypatch.setattr(worker_process, "_start", start)
    monkeypatch.setattr(worker_process, "_end", ended.append)
    with worker_beside(Settings(data_dir=tmp_path)):
        assert second.wait(30)
    assert begun == [30, 60]
    assert len(ended) == 2, "each finished what it had begun"
    assert delays == [], "that is no failure"


def test_a_delay_has_a_longest() -> None:
    assert BACKOFF.delay_s(100) == 30.0


def test_no_worker_where_none_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with worker_beside(Settings(data_dir=tmp_path, worker=False)):
        pass


def test_a_worker_that_cannot_begin_says_so_in_a_line_and_ends(tmp_path: Path) -> None:
    environment = os.environ | {"RADIOGRADE_DATABASE_URL": f"sqlite:///{tmp_path}/no/such.sqlite"}
    command = [sys.executable, "-m", "radiograde", "work", "--with-parent"]
    with subprocess.Popen(
        [*command, "--data-dir", str(tmp_path)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,  # stays open, as the parent lives
        stderr=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stderr is not None
        said = worker.stderr.read()
        assert worker.wait(60) == 1, said
    assert "Error: The results store cannot be opened" in said.splitlines()[-1]
