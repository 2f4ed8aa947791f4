"""From a file's bytes to its result: the one path that HTTP, DICOM and the command line share."""

from __future__ import annotations

import time
from dataclasses import replace

from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.reading import radiograph
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import Failure, SeverityResult
from radiograde.model.scoring.scorer import Scorer


def grade(data: bytes, scorer: Scorer, limits: Limits | None = None) -> SeverityResult:
    """Return the result for a file, whatever it holds; unreadable files give ``failed``.

    ``timing_ms`` tells the milliseconds of reading, scoring and both; ``id`` is the caller's.
    """
    return grade_film(data, scorer, limits)[0]


def grade_film(
    data: bytes, scorer: Scorer, limits: Limits | None = None
) -> tuple[SeverityResult, Radiograph | None]:
    """Return what :func:`grade` does and the film it read, for who draws on it; None if failed."""
    started = time.perf_counter()
    try:
        film = radiograph.read(data, limits=limits) if limits else radiograph.read(data)
    except RadiogradeError as error:
        timing = {"total": _ms_since(started)}
        failure = Failure(error.code, error.message)
        return SeverityResult("failed", scorer.facts, error=failure, timing_ms=timing), None
    read = _ms_since(started)
    result = scorer.score(film)
    total = _ms_since(started)
    timing = {"read": read, "score": total - read, "total": total}
    return replace(result, timing_ms=timing), film


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000.0
