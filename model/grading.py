"""From a film to its result: the pure core that every source ends in."""

from __future__ import annotations

import time
from dataclasses import replace

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.result import Failure, SeverityResult
from radiograde.model.scoring.scorer import Scorer


def grade(film: FilmFile, scorer: Scorer) -> SeverityResult:
    """Return the result for a film, whatever it holds; one that cannot be read gives ``failed``.

    ``timing_ms`` has the milliseconds of ``read``, ``score`` and ``total``; ``id`` is the
    caller's to set. A film that was decoded whole is kept in ``film``.
    """
    started = time.perf_counter()
    try:
        radiograph = film.small_radiograph(scorer.least_side)
    except RadiogradeError as error:
        return _unread(error, scorer, started)
    read = _ms_since(started)
    result = scorer.score(radiograph)
    try:
        radiograph.assure_whole()
    except RadiogradeError as error:
        return _unread(error, scorer, started)
    total = _ms_since(started)
    return replace(result, timing_ms={"read": read, "score": total - read, "total": total})


def failed(error: RadiogradeError, scorer: Scorer) -> SeverityResult:
    """Return the result of a file that cannot be read, without timing."""
    return SeverityResult("failed", scorer.facts, error=Failure(error.code, error.message))


def _unread(error: RadiogradeError, scorer: Scorer, started: float) -> SeverityResult:
    return replace(failed(error, scorer), timing_ms={"total": _ms_since(started)})


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000.0
