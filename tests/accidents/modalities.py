"""Senders of films by every source, who send again what was not acknowledged."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress

from tests.accidents.site import Site
from tests.service.documents.graded_films import film_bytes
from tests.service.test_survival import score, store, stow

UID = b"1.2.826.0.1.3680043.10.1541.3\0"
SENT_UID = b"1.2.826.0.1.3680043.10.9%06d"


class Modalities:
    """Send a film a second or so until told to stop; a film without success is sent again.

    ``hold_back``: whether so many wait already that a busy computer would not be done in time.
    """

    def __init__(self, site: Site, rng: random.Random, hold_back: Callable[[], bool]) -> None:
        self._rng = rng
        self._hold_back = hold_back
        self._drawn = film_bytes()
        self._number = 0
        self._sources: list[tuple[Callable[[bytes, int], bool], int]] = [
            (store, site.node_port),
            (stow, site.http_port),
            (score, site.http_port),
        ]
        self.acknowledged: set[str] = set()
        self.stop = threading.Event()

    def run(self) -> None:
        """Send until told to stop."""
        while not self.stop.wait(self._rng.uniform(0.3, 1.7)):
            if not self._hold_back():
                self.send_one()

    def send_one(self) -> None:
        """Send one more film, as often as it takes."""
        self._number += 1
        uid = SENT_UID % self._number
        content = self._drawn.replace(UID, uid)
        while not self._is_acknowledged(content):
            if self.stop.wait(0.5):
                return
        self.acknowledged.add(uid.decode())
        if self._rng.random() < 0.2:  # a modality that lost the answer
            self._is_acknowledged(content)

    def _is_acknowledged(self, content: bytes) -> bool:
        send, port = self._rng.choice(self._sources)
        with suppress(Exception):
            return send(content, port)
        return False
