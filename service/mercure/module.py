"""Radiograde as a processing module of Mercure, the DICOM orchestrator (mercure-imaging.org).

Mercure starts a module's container for each series or study. Its DICOM files, named
``SERIES#FILE.dcm``, lie in one folder beside ``task.json``; what the module writes into another
folder is sent on. ``result.json`` there is kept with the task and shown. Any exit code but 0 is a
failure, and a person looks at it.
"""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydicom import dcmread

from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.scoring.result import NOTICE, ScaleScore, SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.site import DocumentKind, ObjectKind
from radiograde.service.delivery.routing import is_reportable
from radiograde.service.documents.document import Document
from radiograde.service.documents.document_kinds import builder_of, kinds_of
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.errors import TaskError
from radiograde.service.grading.grade_film import grade_file

SCHEMA = "radiograde.mercure/1"
TASK, RESULT = "task.json", "result.json"

log = structlog.get_logger("radiograde.mercure")

Builders = Callable[[DocumentKind], Callable[[GradedFilm], Document]]


class ModuleSettings(BaseModel):
    """``process.settings`` of ``task.json``: the module's own with the rule's on top."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents: tuple[ObjectKind, ...] = ("sr", "seg", "sc")
    copy_films: bool = Field(False, description="Pass the films on too, to a module after this one")


@dataclass(frozen=True, slots=True)
class Graded:
    """One film's result, and which documents of it were written."""

    result: SeverityResult
    documents: tuple[DocumentKind, ...] = ()


def run_module(
    in_dir: Path,
    out_dir: Path,
    scorer: Scorer,
    limits: Limits,
    builders: Builders = builder_of,
) -> int:
    """Grade the films of ``in_dir``, write their documents to ``out_dir``; return the exit code.

    0: every file was read, or some were; ``result.json`` tells what came of each. 1: there is
    nothing to grade, no film could be read, the settings are not valid, or a document could not
    be made or written; the log says which.
    """
    try:
        module = _Module(out_dir, scorer, limits, _settings(in_dir / TASK), builders)
        graded = module.grade(sorted(in_dir.glob("*.dcm")))
        _write_result(out_dir / RESULT, graded)
    except RadiogradeError as error:
        log.error("module_failed", code=error.code, message=error.message)
        return 1
    except Exception as error:  # noqa: BLE001 - Mercure keeps the log: no trace that quotes a film
        log.error("module_failed", type=type(error).__name__)
        return 1
    states = _states(graded)
    log.info("module_done", **states)
    return 1 if graded and states.keys() == {"failed"} else 0


class _Module:
    """One run: where documents go, and how films are graded."""

    def __init__(
        self,
        out_dir: Path,
        scorer: Scorer,
        limits: Limits,
        settings: ModuleSettings,
        builders: Builders,
    ) -> None:
        self._out_dir = out_dir
        self._scorer = scorer
        self._limits = limits
        self._settings = settings
        self._builders = builders

    def grade(self, paths: Sequence[Path]) -> list[Graded]:
        """Return what came of each film; objects that are none, and own documents, are left out.

        Raises:
            TaskError: there are no files.
            OSError: a document cannot be written.
        """
        if not paths:
            raise TaskError("There is no DICOM file (*.dcm) in the input folder. Check the rule.")
        found = (self._grade_file(path) for path in paths)
        return [graded for graded in found if graded is not None]

    def _grade_file(self, path: Path) -> Graded | None:
        grading = grade_file(path, self._scorer, self._limits)
        if grading.set_aside is not None:
            return None
        if self._settings.copy_films and grading.film is not None:
            shutil.copyfile(path, self._out_dir / path.name)
        graded = grading.graded_film()
        kinds: tuple[DocumentKind, ...] = ()
        gate = grading.result.gate
        reasons = {reason.code for reason in gate.reasons} if gate else set()
        status = grading.result.status
        if graded is not None and is_reportable(status, grading.sop_class_uid, reasons):
            kinds = self._write_documents(graded)
        return Graded(dataclasses.replace(grading.result, maps=None), kinds)

    def _write_documents(self, graded: GradedFilm) -> tuple[DocumentKind, ...]:
        kinds = tuple(kind for kind in self._settings.documents if kind in kinds_of(graded))
        for kind in kinds:
            document = self._builders(kind)(graded)
            (self._out_dir / _name(document)).write_bytes(document.content)
        return kinds


def _settings(path: Path) -> ModuleSettings:
    """Return the settings in ``task.json``; the defaults where there is no file or it has none.

    Raises:
        TaskError: the file is no JSON, or holds settings that do not exist or fit.
    """
    try:
        task = json.loads(path.read_bytes())
        process = task.get("process") or {}
        return ModuleSettings.model_validate(process.get("settings") or {})
    except FileNotFoundError:
        return ModuleSettings()
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise TaskError(f"The module's settings are not valid: {faults}.") from error
    except (ValueError, AttributeError) as error:
        raise TaskError(
            "task.json cannot be read. Mercure writes it: start the task again."
        ) from error


def _name(document: Document) -> str:
    """Return a file's name as Mercure gives them: series, ``#``, instance."""
    ds = dcmread(
        io.BytesIO(document.content), stop_before_pixels=True, specific_tags=["SeriesInstanceUID"]
    )
    return f"{ds.SeriesInstanceUID}#{document.sop_instance_uid}.dcm"


def _write_result(path: Path, graded: Sequence[Graded]) -> None:
    films = [film.result.to_json() | {"documents": list(film.documents)} for film in graded]
    document = {
        "schema": SCHEMA,
        "films": films,
        "states": _states(graded),
        "notice": NOTICE,
        "__mercure_notification": {"text": _summary(graded)},
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _states(graded: Sequence[Graded]) -> dict[str, int]:
    return dict(Counter(film.result.status for film in graded))


def _summary(graded: Sequence[Graded]) -> str:
    """Return what Mercure may put into a message: no patient stands in it."""
    counts = ", ".join(f"{count} {state}" for state, count in _states(graded).items())
    scores = [
        _score(film.result.scores.brixia, film.result.severity)
        for film in graded
        if film.result.scores is not None
    ]
    return ". ".join([f"Films: {counts or 'none'}", *scores, NOTICE])


def _score(brixia: ScaleScore, severity: str | None) -> str:
    low, high = brixia.interval
    return (
        f"Brixia {brixia.value:.1f} of 18 ({brixia.level:.0%} interval {low:.1f}-{high:.1f}), "
        f"{severity}"
    )
