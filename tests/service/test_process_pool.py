"""Work in processes beside this one: what comes back, what they may use, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from radiograde.model.errors import TooLargeError
from radiograde.model.limits import Limits
from radiograde.service.errors import CutShortError
from radiograde.service.processes.child_process import ChildLimits
from radiograde.service.processes.process_pool import BrokenWorkError, ProcessPool
from tests.service.processes import ROOT, waited

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals, asks for limits")


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    with closing(ProcessPool(size=1)) as pool:
        yield pool


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Return what is read without end, until somebody writes into it."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_one_process_does_all_work_that_comes_one_after_the_other(pool: ProcessPool) -> None:
    (pid,) = {pool.run(os.getpid) for _ in range(3)}
    assert pid != os.getpid()
    assert pool.pids() == [pid]


def test_it_knows_no_setting(pool: ProcessPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOGRADE_DATABASE_URL", "secret")
    with closing(ProcessPool(size=1)) as fresh:
        assert fresh.run(os.getenv, "RADIOGRADE_DATABASE_URL") is None
        assert fresh.run(os.getenv, "PATH") == os.environ["PATH"]


def test_what_a_library_prints_is_no_outcome(pool: ProcessPool) -> None:
    assert pool.run(print, "Doe^Jane") is None
    assert pool.run(os.write, 1, b"printed") == 7


def test_errors_of_the_family_arrive_as_they_are(pool: ProcessPool) -> None:
    with pytest.raises(TooLargeError, match="larger than the 0 MiB allowed"):
        pool.run(Limits(max_bytes=1).check_bytes, 2)


def test_another_error_says_what_and_where_and_nothing_of_a_patient(pool: ProcessPool) -> None:
    with capture_logs() as logs, pytest.raises(BrokenWorkError) as broken:
        pool.run(int, "Doe^Jane")
    (line,) = logs
    assert (line["event"], line["type"]) == ("work_broke", "ValueError")
    assert "child_main.py" in line["at"][-1]
    assert "Doe" not in f"{logs} {broken.value}"


def test_work_whose_process_is_killed_is_done_by_another(pool: ProcessPool, pipe: Path) -> None:
    with ThreadPoolExecutor(1) as asking, capture_logs() as logs:
        first = pool.run(os.getpid)
        reading = asking.submit(pool.run, Path.read_bytes, pipe)
        os.kill(first, signal.SIGKILL)
        assert waited(lambda: bool(pool.pids()) and pool.pids() != [first], 60)
        pipe.write_bytes(b"film")
        assert reading.result(60) == b"film"
    assert [line["event"] for line in logs] == ["process_lost"]


def test_work_that_ends_every_process_is_given_up(pool: ProcessPool) -> None:
    with capture_logs() as logs, pytest.raises(CutShortError):
        pool.run(os._exit, 3)
    assert [line["exit_code"] for line in logs] == [3, 3]
    assert pool.run(abs, -1) == 1


@pytest.mark.parametrize(
    ("limits", "work", "argument"),
    [
        (ChildLimits(memory_bytes=2**29), bytes, 2**30),
        (ChildLimits(cpu_s=0), sum, range(10**12)),
        (ChildLimits(wall_s=0.5), time.sleep, 600),
    ],
    ids=["memory", "processor", "time"],
)
def test_who_wants_more_than_there_is_gets_it_once(
    limits: ChildLimits, work: Callable[[object], object], argument: object
) -> None:
    with closing(ProcessPool(size=1, limits=limits)) as pool, capture_logs() as logs:
        with pytest.raises(CutShortError):
            pool.run(work, argument)
        assert [line["over_limit"] for line in logs] == [True]
        assert pool.pids() == []


def test_one_that_has_nothing_to_do_leaves_and_comes_back() -> None:
    with closing(ProcessPool(size=1, idle_s=0.01)) as pool:
        first = pool.run(os.getpid)
        assert waited(lambda: pool.pids() == [] and not is_there(first), 60)
        assert pool.run(os.getpid) != first


def test_a_closed_pool_has_no_process_and_begins_no_work(pipe: Path) -> None:
    pool = ProcessPool(size=1)
    child = pool.run(os.getpid)
    with ThreadPoolExecutor(1) as asking:
        reading = asking.submit(pool.run, Path.read_bytes, pipe)
        pool.close()
        with pytest.raises(CutShortError):
            reading.result(60)
    assert not is_there(child)
    with pytest.raises(CutShortError):
        pool.run(abs, -1)


def test_processes_end_with_a_parent_that_is_killed() -> None:
    code = (
        "import os, time; from radiograde.service.processes.process_pool import ProcessPool; "
        "print(ProcessPool(size=1).run(os.getpid), flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_there(child)
        parent.kill()
    assert waited(lambda: not is_there(child), 60)
