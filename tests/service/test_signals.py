"""Commands that are asked to end do so, with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.orthanc import free_port
from tests.service.processes import ROOT, running, waited

TWICE = """
import signal
from radiograde.service.signals import stop_event
stop = stop_event()
with stop._cond:  # as if the first signal's handler were setting it just now
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
assert stop.wait(30)
print("ended")
"""

ELSEWHERE = """
import signal, threading, time
from radiograde.service.signals import stop_event, wait_for
stop = stop_event()
def signal_this_thread():
    time.sleep(0.5)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
threading.Thread(target=signal_this_thread, daemon=True).start()
wait_for(stop)
print("ended")
"""

ENDED = """
import signal, sys
from radiograde.service.signals import ended_by_signals
# What is started in the background may have been told to ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
with ended_by_signals():
    try:
        signal.raise_signal(getattr(signal, sys.argv[1]))
        print("went on")
    finally:
        print("tidied")
print("after")
signal.raise_signal(signal.SIGTERM)
print("not ended")
"""


def played(scene: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", scene, *words], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_a_second_signal_during_the_first_is_no_deadlock() -> None:
    assert played(TWICE).stdout == "ended\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_signal_that_does_not_wake_the_main_thread_ends_it_all_the_same() -> None:
    assert played(ELSEWHERE).stdout == "ended\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_block_ends_in_order_and_the_signal_means_what_it_meant(name: str) -> None:
    ended = played(ENDED, name)
    assert ended.stdout == "tidied\nafter\n"
    assert ended.returncode == -signal.SIGTERM


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("command", ["serve", "listen"])
def test_a_command_takes_its_worker_along(tmp_path: Path, command: str) -> None:
    log = tmp_path / "log"
    port = ("--port", str(free_port()))
    with running(command, *port, "--data-dir", str(tmp_path / "data"), log=log) as process:
        assert waited(lambda: b"worker_ready" in log.read_bytes(), 90), log.read_text()
        (worker,) = process.children()
        process.running.send_signal(signal.SIGTERM)
        assert process.running.wait(60) == 0
        assert not is_running(worker)
    assert b"worker_stopped" in log.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_worker_that_is_asked_often_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running("work", "--data-dir", str(tmp_path / "data"), log=log) as process:
        assert waited(lambda: b"worker_ready" in log.read_bytes(), 90), log.read_text()
        for number in (signal.SIGTERM, signal.SIGINT) * 20:
            if process.running.poll() is None:
                process.running.send_signal(number)
        assert process.running.wait(120) == 0
