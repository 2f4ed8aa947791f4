"""The models of an installation, as its settings say where they lie and how they are loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radiograde.model.errors import ModelFileError
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import Database
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.load_scorer import load_scorer
from radiograde.service.programme.model_files import MODELS, ModelFiles
from radiograde.service.programme.model_follower import ModelFollower
from radiograde.service.programme.model_repository import ModelRepository
from radiograde.service.programme.release import ModelRelease
from radiograde.service.storage.open_storage import open_storage


def model_files(settings: Settings) -> ModelFiles:
    """Return the files of a site's models. Raises SiteError."""
    return ModelFiles(settings.data_dir / MODELS, open_storage(settings))


def model_release(settings: Settings, database: Database) -> ModelRelease:
    """Return what adds, promotes and takes back the models of an installation."""
    return ModelRelease(
        ModelRepository(database),
        model_files(settings),
        lambda path: load_scorer(settings, path=path),
        lambda path: load_scorer(settings, threads=1, path=path),
    )


def production_file(settings: Settings, database: Database) -> Path | None:
    """Return the file of the model in production; None where the settings name the model.

    Raises:
        StoreError: the database does not answer.
    """
    release = model_release(settings, database)
    production = release.models.production()
    return None if production is None else release.file(production.sha256)


def model_follower(settings: Settings, database: Database, grader: FilmGrader) -> ModelFollower:
    """Return what has a grader use the model in production; it uses that already.

    Until then the grader has the model that the settings name.
    """
    follower = ModelFollower(model_release(settings, database), grader.scorer, grader.use)
    follower.follow()
    return follower


def model_loader(settings: Settings, database: Database) -> Callable[[str], Scorer]:
    """Return what loads a model by its sha256: one of the site, or that of the settings.

    It raises ModelFileError where there is no such model or it fails its self-test, and
    DeviceError.
    """
    release = model_release(settings, database)

    def load(sha256: str) -> Scorer:
        if release.models.named(sha256):
            return release.tested(sha256)
        scorer = load_scorer(settings)
        if scorer.facts.sha256 != sha256:
            raise ModelFileError("No model of this site has this digest.")
        return scorer

    return load
