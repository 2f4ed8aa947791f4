"""Grading a film by a model in shadow: what its own process does, which nobody waits for."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from radiograde.model.grading import grade
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.films.archive import Archive

CPU = "CPUExecutionProvider"


def grade_in_shadow(model: Path, archive: Archive, film_id: str, limits: Limits) -> dict[str, Any]:
    """Return what a model makes of a film, as JSON; ``timing_ms`` has ``processor``, too.

    Raises:
        ModelFileError: the model cannot be loaded.
        UndocumentedError: the film is gone.
    """
    scorer = _scorer(model)
    content = archive.film(film_id)
    began = time.process_time()
    document = grade(FilmFile(content, limits), scorer).to_json()
    taken_ms = 1000 * (time.process_time() - began)
    timing = {**document["timing_ms"], "processor": round(taken_ms, 1)}
    return {**document, "timing_ms": timing}


@lru_cache(1)
def _scorer(model: Path) -> Scorer:
    return Scorer(model, providers=[CPU], threads=1)
