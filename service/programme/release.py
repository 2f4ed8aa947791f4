"""What may be done with the models of a site, and on what evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from radiograde.model.errors import ModelFileError
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.errors import ModelReleaseError
from radiograde.service.low_priority import at_low_priority
from radiograde.service.programme.evidence import ACCEPTED, Evidence, read_evidence
from radiograde.service.programme.model_files import ModelFiles
from radiograde.service.programme.model_repository import (
    LEAST_LETTERS,
    ModelEvent,
    ModelRepository,
    SiteModel,
)
from radiograde.service.programme.self_test import self_test

Load = Callable[[Path], Scorer]


@dataclass(frozen=True, slots=True)
class ModelRelease:
    """Adds, tests, promotes and takes back models. ``files``: of the site's models.

    ``load``: loads a model file as the service does. ``load_to_test``: loads one that grades
    nothing, on one core, which leaves the others to films. Every method raises StoreError where the
    database does not answer, OSError where a file cannot be written.
    """

    models: ModelRepository
    files: ModelFiles
    load: Load
    load_to_test: Load

    def file(self, sha256: str) -> Path:
        """Return where a model's file lies."""
        return self.files.place(sha256)

    def tested(self, sha256: str) -> Scorer:
        """Return a model of the site, loaded as the service does, after its self-test.

        The test yields to films that are being graded.

        Raises:
            ModelFileError: its file is gone or changed, does not load, or fails.
        """
        scorer = self._unchanged(sha256, self.load)
        at_low_priority(partial(self_test, scorer))
        return scorer

    def test(self, sha256: str) -> None:
        """Test a model of the site on one core.

        Raises:
            ModelFileError: as :meth:`tested`.
        """
        self_test(self._unchanged(sha256, self.load_to_test))

    def _unchanged(self, sha256: str, load: Load) -> Scorer:
        scorer = load(self.file(sha256))
        if scorer.facts.sha256 != sha256:
            raise ModelFileError("The file of a model in the data directory was changed.")
        return scorer

    def find(self, digest: str) -> SiteModel:
        """Return the model whose sha256 begins so.

        Raises:
            ModelReleaseError: none does, or several.
        """
        found = self.models.named(digest) if len(digest) >= LEAST_LETTERS else []
        if len(found) != 1:
            raise ModelReleaseError(
                f"{len(found)} models of this site begin with {digest}. Give at least "
                f"{LEAST_LETTERS} letters of one: `radiograde models list`."
            )
        return found[0]

    def add(self, path: Path, by: str) -> SiteModel:
        """Copy a model file into the data directory as a candidate.

        Raises:
            ModelFileError: it does not load, or fails its self-test.
            ModelReleaseError: it is there already.
        """
        scorer = self.load_to_test(path)
        self_test(scorer)
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        if self.models.named(sha256):
            raise ModelReleaseError(f"{sha256[:12]} is a model of this site already.")
        self.files.keep(sha256, content)
        self.models.add(scorer.facts, by)
        return self.find(sha256)

    def record(self, content: bytes, by: str) -> Evidence:
        """Keep the record of a test of a model of the site.

        Raises:
            ModelReleaseError: it is no record, or of another model.
        """
        evidence = read_evidence(content)
        if not self.models.named(evidence.model):
            raise ModelReleaseError(
                f"The record is of a model that is not one of this site: {evidence.model[:12]}. "
                "Add its file first: `radiograde models add`."
            )
        self.files.keep_record(evidence.digest, content)
        self.models.record(evidence.model, by, evidence.action, evidence.outcome, evidence.digest)
        return evidence

    def promote(self, digest: str, by: str, *, two_persons: bool) -> SiteModel:
        """Put a model into production.

        ``two_persons``: whoever promotes must not be who recorded its acceptance.

        Raises:
            ModelReleaseError: its last acceptance is not there or did not pass, it is out of use,
                or a second person is missing.
            ModelFileError: it fails its self-test.
        """
        model = self.find(digest)
        if model.state == "production":
            raise ModelReleaseError(f"{model.sha256[:12]} is in production.")
        tested = next((e for e in self.models.events(model.sha256) if e.action == "tested"), None)
        if tested is None or tested.outcome != ACCEPTED or tested.evidence is None:
            raise ModelReleaseError(
                f"{model.sha256[:12]} may not be promoted: {_lacking(tested)}. Run `radiograde "
                "accept` and give its record to `radiograde models record`."
            )
        if two_persons and tested.by == by:
            raise ModelReleaseError(
                f"{by} recorded the acceptance of this model. Somebody else has to promote it."
            )
        self.test(model.sha256)
        self.models.promote(model.sha256, by, tested.evidence)
        return self.find(model.sha256)

    def shadow(self, digest: str, by: str, share: float) -> SiteModel:
        """Have a candidate grade a share (0-1) of live films beside production; 0 ends that.

        Raises:
            ModelReleaseError: it is no candidate.
            ModelFileError: it fails its self-test.
        """
        model = self.find(digest)
        if model.state not in ("candidate", "shadow"):
            raise ModelReleaseError(f"{model.sha256[:12]} is {model.state}, and no candidate.")
        if share > 0:
            self.test(model.sha256)
        self.models.shadow(model.sha256, by, share)
        return self.find(model.sha256)

    def roll_back(self, by: str) -> tuple[SiteModel, SiteModel | None]:
        """Go back to the model before; return the one that left and the one that came.

        None came where the settings name the model again.

        Raises:
            ModelReleaseError: no model of this site is in production.
        """
        moved = self.models.roll_back(by)
        if moved is None:
            raise ModelReleaseError(
                "No model of this site is in production: the settings name the model."
            )
        return moved

    def retire(self, digest: str, by: str) -> SiteModel:
        """Take a model out of use.

        Raises:
            ModelReleaseError: it is in production.
        """
        model = self.find(digest)
        if model.state == "production":
            raise ModelReleaseError(
                f"{model.sha256[:12]} is in production. Promote another, or roll back."
            )
        self.models.retire(model.sha256, by)
        return self.find(model.sha256)


def _lacking(tested: ModelEvent | None) -> str:
    return (
        "no acceptance is recorded"
        if tested is None
        else f"its last acceptance came to '{tested.outcome}'"
    )
