"""Has a running process grade with the model in production, whichever that becomes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from radiograde.model.errors import ModelFileError
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.errors import DeviceError, StoreError
from radiograde.service.file_state import state_of
from radiograde.service.programme.release import ModelRelease

log = structlog.get_logger("radiograde.models")

EVERY_S = 0.3
"""Between two looks at the table: a rollback is to hold within a second."""


class ModelFollower:
    """Follows ``models``, from a thread of its own.

    The scorer that a process began with and the one before the last change stay loaded, so that
    going back takes no loading.
    """

    def __init__(self, release: ModelRelease, first: Scorer, use: Callable[[Scorer], None]) -> None:
        """``first``: the model that the settings name. ``use``: makes a scorer the one that grades.

        ``use`` is called from the follower's thread; a film that is being graded is finished by the
        model that began it.
        """
        self._release = release
        self._first = first
        self._use = use
        self._used = first.facts.sha256
        self._loaded = {first.facts.sha256: first}
        self._failed: tuple[str, object] | None = None

    def run(self, stop: threading.Event, every_s: float = EVERY_S) -> None:
        """Follow until ``stop``."""
        while True:
            self.follow()
            if stop.wait(every_s):
                return

    def follow(self) -> None:
        """Change over to the model in production, if it is another one.

        One that fails its self-test is not used, and the one before goes on; it is tried again once
        its file changed, or another was in production since.
        """
        try:
            production = self._release.models.production()
        except StoreError:
            return
        wanted = self._first.facts.sha256 if production is None else production.sha256
        if wanted == self._used:
            self._failed = None
            return
        attempt = wanted, state_of(self._release.file(wanted))
        if attempt == self._failed:
            return
        try:
            scorer = self._loaded.get(wanted) or self._release.tested(wanted)
        except (ModelFileError, DeviceError, OSError) as error:
            self._failed = attempt
            log.error("model_unusable", model=wanted, type=type(error).__name__)
            return
        self._use(scorer)
        kept = {self._first.facts.sha256, self._used}
        self._loaded = {name: one for name, one in self._loaded.items() if name in kept}
        self._loaded[wanted] = scorer
        self._used, self._failed = wanted, None
        log.info("model_changed", model=wanted, version=scorer.facts.version)


class Following:
    """A thread that follows, from now until it is closed."""

    def __init__(self, follower: ModelFollower) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=follower.run, args=(self._stop,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following, and wait until that is so."""
        self._stop.set()
        self._thread.join()
