"""Has the model in shadow grade live films, in a process that works when no other wants a core."""

from __future__ import annotations

import structlog

from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import Records
from radiograde.service.grading.shadow_grading import grade_in_shadow
from radiograde.service.processes.child_process import ChildLimits
from radiograde.service.processes.process_pool import BrokenWorkError, ProcessPool
from radiograde.service.processes.runner import WorkRunner
from radiograde.service.programme.model_files import MODELS, ModelFiles

log = structlog.get_logger("radiograde.shadow")

LIMITS = ChildLimits(cpu_s=300, wall_s=900.0, idle_only=True)
"""Beside a busy service loading a model takes its time."""


class ShadowGrader:
    """Grades films of the queue by the model in shadow; safe to share among threads."""

    def __init__(
        self, records: Records, files: ModelFiles, limits: Limits, runner: WorkRunner
    ) -> None:
        """``files``: of the site's models. ``runner``: has the process; this closes it."""
        self._records = records
        self._files = files
        self._limits = limits
        self._runner = runner

    def grade(self, film_id: str, model: str) -> None:
        """Grade a film; what cannot be graded is left, for nobody waits for it.

        Nothing is done once the model is in shadow no more.

        Raises:
            StoreError: the database is away.
        """
        shadow = self._records.shadow.model()
        if shadow is None or shadow.sha256 != model:
            return
        result = self._records.results.find(film_id)
        if result is None:
            return
        try:
            place = self._files.place(model)
            archive = self._records.archive.portable(film_id)
            document = self._runner.run(grade_in_shadow, place, archive, film_id, self._limits)
        except (RadiogradeError, BrokenWorkError, OSError) as error:
            log.warning("shadow_left_out", film_id=film_id, type=type(error).__name__)
            return
        beside = result.document["model"]["sha256"]
        self._records.shadow.add(film_id, model, document, beside)

    def close(self) -> None:
        """End its process; what it does is cut short."""
        self._runner.close()


def shadow_grader(settings: Settings, records: Records) -> ShadowGrader:
    """Return what grades in shadow by an installation's settings; no process is started yet."""
    runner = ProcessPool(settings.log_level, size=1, limits=LIMITS)
    files = ModelFiles(settings.data_dir / MODELS, records.archive.storage)
    return ShadowGrader(records, files, settings.limits, runner)
