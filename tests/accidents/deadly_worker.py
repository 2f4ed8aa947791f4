"""``python -m tests.accidents.deadly_worker DATA_DIR``: a worker whom one film's documents kill.

``DEADLY_FILM`` names the film.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from radiograde.service.config.load import load_settings
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.grading.worker import run_worker


def deadly(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of the document store that kills the process at the film's turn."""

    @wraps(method)
    def kill_or_make(store: DocumentStore, of: str | GradedFilm, *others: Any) -> Any:
        film_id = of.result.id if isinstance(of, GradedFilm) else of
        if film_id == os.environ["DEADLY_FILM"]:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(store, of, *others)

    return kill_or_make


def main() -> None:
    for name in ("make", "documents", "kept"):
        setattr(DocumentStore, name, deadly(getattr(DocumentStore, name)))
    run_worker(load_settings(data_dir=Path(sys.argv[1])))


if __name__ == "__main__":
    main()
