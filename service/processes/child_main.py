"""What runs in a child: calls from standard input, outcomes to standard output, until its end."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from radiograde.model.errors import RadiogradeError
from radiograde.service.logs import configure_logging
from radiograde.service.processes.child_process import (
    OUT_OF_MEMORY,
    ChildLimits,
    ChildSetup,
    Outcome,
)

NICENESS = 3
"""Whoever waits for an answer, or sends a film, goes before who wants a document."""

LAST = 19
"""Of whom nobody waits for."""

_INNERMOST = 8


def main() -> None:
    """Do what is asked until there is nobody left to ask."""
    # The parent ends it, so that what is under way at its end is not lost.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # What a library prints is no outcome.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    calls = sys.stdin.buffer
    # Both come from the parent, by a pipe that nobody else has.
    setup: ChildSetup = pickle.load(calls)  # noqa: S301
    configure_logging(setup.log_level)
    _confine(setup.limits)
    while True:
        try:
            work, arguments = pickle.load(calls)  # noqa: S301
            _allow_time(setup.limits)
            pickle.dump(_outcome(work, arguments), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
        except (EOFError, BrokenPipeError):
            return
        except MemoryError:
            os._exit(OUT_OF_MEMORY)


def _outcome(work: Callable[..., Any], arguments: tuple[object, ...]) -> Outcome:
    try:
        return Outcome(work(*arguments))
    except RadiogradeError as error:
        return Outcome(error=error.with_traceback(None))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a library may raise
        frames = traceback.extract_tb(error.__traceback__)[-_INNERMOST:]
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return Outcome(broke=type(error).__name__, places=places)


def _confine(limits: ChildLimits) -> None:
    """Take a bound for memory and a place behind others, where the system has them."""
    if sys.platform == "win32":
        return
    import resource

    os.nice(LAST if limits.idle_only else NICENESS)
    if limits.idle_only and hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold the film
    _bound(resource.RLIMIT_AS, limits.memory_bytes)


def _allow_time(limits: ChildLimits) -> None:
    """Let the next call use so much of the processor; with more the system ends this process."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + limits.cpu_s + 1)


def _bound(what: int, wanted: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(what)
    resource.setrlimit(
        what, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
    )


if __name__ == "__main__":
    main()
