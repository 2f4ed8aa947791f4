"""The product's commands as processes, for tests that meet them as a hospital does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """One command; killed, it can be started again. ``environment``: more than this process's.

    ``module``: another than the product's.
    """

    def __init__(
        self,
        *command: str,
        log: Path,
        environment: Mapping[str, str] | None = None,
        module: str = "radiograde",
    ) -> None:
        self._command = [sys.executable, "-m", module, *command]
        self._environment = environment or {}
        self._log = log.open("ab")
        self.start()

    def start(self) -> None:
        self.running = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env={**os.environ, **self._environment},
            stdout=self._log,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        self.running.kill()
        self.running.wait()

    def children(self) -> list[int]:
        """Return the ids of the processes that it started."""
        found: list[int] = []
        # Each thread has children of its own.
        for listed in Path(f"/proc/{self.running.pid}/task").glob("*/children"):
            with suppress(OSError):
                found += [int(pid) for pid in listed.read_text().split()]
        return found

    def end(self) -> None:
        """Ask it to end, and see to it."""
        self.running.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.running.wait(60)
        self.kill()
        self._log.close()


@contextmanager
def running(
    *command: str, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """Run a command within the ``with`` block."""
    process = Process(*command, log=log, environment=environment)
    try:
        yield process
    finally:
        process.end()


def waited(until: Callable[[], bool], seconds: float = 90.0, every: float = 0.05) -> bool:
    """Return whether it came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if until():
            return True
        time.sleep(every)
    return False
