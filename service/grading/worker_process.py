"""A worker beside ``serve`` or ``listen``: a child process, started again whenever it ends.

One whose settings changed in the site file finishes what it has begun, and another follows it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from radiograde.service.administration.settings_follower import SettingsFollower
from radiograde.service.backoff import Backoff
from radiograde.service.config.settings import Settings
from radiograde.service.permissions import umask_at_start

log = structlog.get_logger("radiograde.work")

BACKOFF = Backoff(0.5, 30.0)
GRACE_S = 40.0
HEALTHY_S = 120.0
"""A worker that ran for so long failed for the first time."""


@contextmanager
def worker_beside(settings: Settings) -> Iterator[None]:
    """Keep a worker running within the ``with`` block, unless the settings want none."""
    if not settings.worker:
        yield
        return
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_running, args=(settings, stop))
    try:
        keeper.start()
        yield
    finally:
        stop.set()
        keeper.join()


def _keep_running(settings: Settings, stop: threading.Event) -> None:
    follower, failures = SettingsFollower(settings), 0
    while not stop.is_set():
        child, began = _start(settings), time.monotonic()
        changed = None
        while child.poll() is None and changed is None and not stop.wait(0.2):
            changed = follower.changed()
        if stop.is_set():
            _end(child)
            return
        if changed is not None:
            _end(child)
            settings, failures = changed, 0
            continue
        failures = 1 if time.monotonic() - began > HEALTHY_S else failures + 1
        delay_s = BACKOFF.delay_s(failures)
        log.error("worker_ended", exit_code=child.returncode, again_in_s=delay_s)
        stop.wait(delay_s)


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "radiograde", "work", "--with-parent"]
    environment = os.environ | settings.environment()
    umask = umask_at_start()
    return subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, env=environment, umask=-1 if umask is None else umask
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    """Close the child's input, which it takes as the sign to finish."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
