"""How a result came about, as it is kept beside it: schema ``radiograde.trace/1``."""

from __future__ import annotations

from typing import Any

from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.grading.origin import origin_of

SCHEMA = "radiograde.trace/1"


def trace_of(result: SeverityResult, scorer: Scorer, film: FilmFile) -> dict[str, Any]:
    """Return what made a result, as plain JSON types, at most 4 kB.

    The settings that touch a score are the limits that the film was read under.
    """
    limits = film.limits
    return {
        "schema": SCHEMA,
        **origin_of(scorer),
        "settings": {
            "max_object_mb": limits.max_bytes // 2**20,
            "max_pixels": limits.max_pixels,
            "max_elements": limits.max_elements,
        },
        "film": film.sha256,
        "stages": result.trace and result.trace.to_json(),
    }
