"""One process of an installation: it ends with the process that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_END_S = 30.0
_POLL_S = 0.2


class StartError(Exception):
    """A process did not come up; the message says which and shows the end of its log."""


class Process:
    """A process by name, with a log of its own. ``user``: who it runs as; None: who runs this."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(  # noqa: S603
                list(command),
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                user=user,
                cwd=log.parent if user is not None else None,
                process_group=0,  # Ctrl-C is for who started it, who ends all in their order
                preexec_fn=_end_with_parent,
            )

    @property
    def pid(self) -> int:
        """Its id in the system."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_until(self, is_up: Callable[[], bool], seconds: float = 180.0) -> None:
        """Return once it is up. Raises StartError where it ends before, or takes longer."""
        until = time.monotonic() + seconds
        while not is_up():
            if not self.runs or time.monotonic() > until:
                raise StartError(f"{self.name} does not start:\n{self.last_lines()}")
            time.sleep(_POLL_S)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, and see to it."""
        if self.runs:
            self._process.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self._process.kill()
        self._process.wait()

    def last_lines(self, most: int = 15) -> str:
        """Return the end of its log."""
        lines = self._log.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(lines[-most:])


def answers(url: str) -> bool:
    """Return whether an address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own addresses
            return bool(answer.status == 200)
    except OSError:
        return False


def _end_with_parent() -> None:
    """Have the system end this process when its parent dies, however that does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
