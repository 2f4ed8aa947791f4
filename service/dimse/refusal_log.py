"""The log of who was refused an association, each once in a while."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from radiograde.service.dimse.association_request import NoAssociationError, printable
from radiograde.service.rare_lines import RareLines

log = structlog.get_logger("radiograde.node")


class RefusalLog:
    """Writes a line about a refusal; safe to share among threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines = RareLines(clock)

    def write(self, refusal: NoAssociationError, address: str) -> None:
        """Log who was refused and why; ``unsaid``: how often before, since the last such line."""
        request = refusal.request
        calling = None if request is None else printable(request.calling)
        unsaid = self._lines.unsaid((address, calling, refusal.reason))
        if unsaid is None:
            return
        write = log.warning if refusal.notable else log.debug
        write(
            "association",
            outcome="refused",
            calling=calling,
            called=None if request is None else printable(request.called),
            address=address,
            reason=refusal.reason,
            unsaid=unsaid,
        )
