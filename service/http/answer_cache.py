"""One answer for all who ask the same while nothing changes.

Every open page asks for the row of a film as soon as it hears that it changed, all of them at once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from radiograde.service.database.version import DatabaseVersion

MOST = 32


@dataclass(slots=True)
class _Answer:
    lock: threading.Lock = field(default_factory=threading.Lock)
    version: Hashable = None
    content: bytes = b""


class AnswerCache:
    """Remembers the last answers; safe to share among threads."""

    def __init__(self, version: DatabaseVersion) -> None:
        self._version = version
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, asked: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what ``make`` returns, or returned of the database as it is now.

        Who asks the same at the same time waits for the first. Raises StoreError, and what
        ``make`` raises.
        """
        version = self._version.now()
        with self._lock:
            answer = self._answers.setdefault(asked, _Answer())
            self._answers.move_to_end(asked)
            if len(self._answers) > MOST:
                self._answers.popitem(last=False)
        with answer.lock:
            if answer.version != version:
                answer.content, answer.version = make(), version
            return answer.content
