"""What every worker of a run is told: by which model it grades, and where rows go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from radiograde.model.limits import Limits
from radiograde.service.config.settings import Device, Settings
from radiograde.service.config.site import DicomWebDestinationConfig
from radiograde.service.fleet.open_archive import FilmArchive
from radiograde.service.fleet.store_url import URL
from radiograde.service.grading.load_scorer import scorer_on

UNREACHED = "unreached"
"""Beside the statuses of results: the archive did not give the film, which has no row."""

OUTCOMES = ("scored", "rejected", "failed", UNREACHED)


@dataclass(frozen=True, slots=True)
class GradingPlan:
    """How every worker of a run grades, and where rows go.

    ``out``: an absolute path or a URL. ``model``: its file on each computer, the bundled one when
    None; ``model_sha256``: which it has to be. ``cpus``: of a worker, which computes a film on so
    many cores. ``gpus``: of a worker; a part of one is shared. ``pacs``: the server that films are
    on. ``gives_up``: the films end whoever grades them; their rows say so.
    """

    out: str
    model: Path | None
    model_sha256: str
    cpus: int
    gpus: float
    limits: Limits
    pacs: DicomWebDestinationConfig | None = None
    gives_up: bool = False

    @property
    def device(self) -> Device:
        """Where workers run the model."""
        return "cuda" if self.gpus else "cpu"


def plan_of(
    settings: Settings, archive: FilmArchive, out: str, cpus: int, gpus: float
) -> GradingPlan:
    """Return the plan of a run by the model of the settings, whose file is on each computer.

    Raises:
        ModelFileError: it cannot be used here.
    """
    model = settings.model_path and settings.model_path.absolute()
    return GradingPlan(
        out=out if URL.match(out) else str(Path(out).absolute()),
        model=model,
        model_sha256=scorer_on("cpu", model, 1).facts.sha256,
        cpus=cpus,
        gpus=gpus,
        limits=settings.limits,
        pacs=archive.pacs,
    )
