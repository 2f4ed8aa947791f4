"""``python -m tests.service.quick_worker DATA_DIR``: a worker with a made scorer and short reports.

It is killed in tests, and does otherwise what ``radiograde work`` does.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from radiograde.service.config.load import load_settings
from radiograde.service.documents import document_kinds
from radiograde.service.grading import worker
from radiograde.service.ups import open_performers
from radiograde.service.ups.performer import Performer
from tests.service.delivery.withdrawing import short_report
from tests.service.fakes import FakeScorer


def main() -> None:
    short = f"{short_report.__module__}:{short_report.__name__}"
    opened = open_performers.open_performers

    def impatient(*args: Any) -> list[Performer]:
        performers = opened(*args)
        for one in performers:
            one.lease = timedelta(seconds=1)
        return performers

    changed: list[tuple[ModuleType, str, object]] = [
        (document_kinds, "BUILDERS", {**document_kinds.BUILDERS, "sr": short}),
        (worker, "load_scorer", lambda _: FakeScorer()),
        (open_performers, "open_performers", impatient),
    ]
    for module, name, value in changed:
        setattr(module, name, value)
    worker.run_worker(load_settings(data_dir=Path(sys.argv[1])))


if __name__ == "__main__":
    main()
