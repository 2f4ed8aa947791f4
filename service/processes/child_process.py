"""A process beside this one that computes what would keep this one's interpreter to itself.

Calls go in and outcomes come out by pipes, pickled, one at a time. It knows no setting and no key,
and ends when its input does: no parent that was killed leaves it behind.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any, cast

from radiograde.model.errors import RadiogradeError
from radiograde.service.config.settings import LogLevel

OUT_OF_MEMORY = 65
"""The exit status of a child that had not enough memory, which so gives back what it had."""

_MODULE = "radiograde.service.processes.child_main"
_END_S = 5.0
_PIPE_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a call may use up: address space, processor and wall clock.

    A film of the largest size allowed takes 0.8 GB and some seconds; libraries reserve address
    space that they never touch. ``idle_only``: what it does is done when no other wants a core.
    """

    memory_bytes: int = 3 * 2**30
    cpu_s: int = 60
    wall_s: float = 120.0
    idle_only: bool = False


@dataclass(frozen=True, slots=True)
class ChildSetup:
    """What a child is told before its first call."""

    log_level: LogLevel
    limits: ChildLimits


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to: a ``value``; an ``error`` of the family; or ``broke``, a type's name.

    ``places``: where it broke. The message stays in the child: it may quote a patient.
    """

    value: Any = None
    error: RadiogradeError | None = None
    broke: str | None = None
    places: list[str] = field(default_factory=list)


class ChildLostError(Exception):
    """The child ended before it answered; ``over_limit``: by asking for more than it may have."""

    def __init__(self, exit_code: int | None, *, over_limit: bool) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code
        self.over_limit = over_limit


class ChildProcess:
    """One child, for one thread at a time."""

    def __init__(self, setup: ChildSetup) -> None:
        """Start it.

        Raises:
            ChildLostError: the system has no room for it.
        """
        self._wall_s = setup.limits.wall_s
        self._late = False
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("RADIOGRADE_")
        }
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                process_group=0,  # Ctrl-C is for the service, which ends it
            )
        except OSError:
            raise ChildLostError(None, over_limit=False) from None
        self._calls = cast("IO[bytes]", self._process.stdin)
        self._outcomes = cast("IO[bytes]", self._process.stdout)
        _widen(self._outcomes)
        try:
            self._send(setup)
        except OSError:
            raise self._lost() from None

    @property
    def pid(self) -> int:
        """Its id in the system."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Return whether it runs."""
        return self._process.poll() is None

    def call(self, work: Callable[..., Any], *arguments: object) -> Outcome:
        """Have ``work(*arguments)`` done and return what it came to.

        Raises:
            ChildLostError: the child ended, or took too long and was ended.
        """
        deadline = threading.Timer(self._wall_s, self._end_late)
        deadline.daemon = True
        deadline.start()
        try:
            self._send((work, arguments))
            # Our own program writes it, into a pipe that nobody else has.
            outcome: Outcome = pickle.load(self._outcomes)  # noqa: S301
        except (OSError, EOFError, pickle.UnpicklingError):
            raise self._lost() from None
        finally:
            deadline.cancel()
        return outcome

    def kill(self) -> None:
        """End it, whatever it does, from any thread; who calls it is told that it is lost."""
        self._process.kill()

    def end(self) -> None:
        """End it and let go of it; nobody may call it any more."""
        self._process.kill()
        for pipe in (self._calls, self._outcomes):
            with suppress(OSError):
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)

    def _send(self, message: object) -> None:
        self._calls.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        self._calls.flush()

    def _end_late(self) -> None:
        self._late = True
        self._process.kill()

    def _lost(self) -> ChildLostError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        code = self._process.returncode
        self.end()
        return ChildLostError(code, over_limit=self._late or code in _over_limit())


def _widen(pipe: IO[bytes]) -> None:
    """Let a film's pixels through in few pieces, where the system can."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # this user has too many such pipes already
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _over_limit() -> tuple[int, ...]:
    if sys.platform == "win32":
        return (OUT_OF_MEMORY,)
    import signal

    return OUT_OF_MEMORY, -signal.SIGXCPU
