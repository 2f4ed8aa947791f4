"""From a file's bytes to its result: the one path that HTTP, DICOM and the command line share."""

from __future__ import annotations

import time
from dataclasses import replace

from model import radiograph
from model.errors import RadiogradeError
from model.limits import Limits
from model.result import Failure, SeverityResult
from model.scorer import Scorer


def grade(data: bytes, scorer: Scorer, limits: Limits | None = None) -> SeverityResult:
    """Return the result for a file, whatever it holds; unreadable files give ``failed``.

    ``timing_ms`` tells the milliseconds of reading, scoring and both; ``id`` is the caller's.
    """
    started = time.perf_counter()
    try:
        film = radiograph.read(data, limits=limits) if limits else radiograph.read(data)
    except RadiogradeError as error:
        timing = {"total": _ms_since(started)}
        return SeverityResult(
            "failed", scorer.facts, error=Failure(error.code, error.message), timing_ms=timing
        )
    read = _ms_since(started)
    result = scorer.score(film)
    total = _ms_since(started)
    return replace(result, timing_ms={"read": read, "score": total - read, "total": total})


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000.0
