"""Asking an archive again that does not answer at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from radiograde.service.backoff import Backoff
from radiograde.service.errors import UnreachableError

Answer = TypeVar("Answer")

TRIES = 4
BACKOFF = Backoff(1.0, 15.0)


def asked_again(ask: Callable[[], Answer]) -> Answer:
    """Return what ``ask`` returns, at the first of a few tries at which it is answered.

    Raises:
        UnreachableError: it was answered at none of them.
    """
    for failures in range(1, TRIES):
        try:
            return ask()
        except UnreachableError as error:
            time.sleep(max(BACKOFF.delay_s(failures), min(error.retry_after_s, BACKOFF.longest_s)))
    return ask()
