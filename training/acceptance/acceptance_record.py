"""The record of an acceptance test: model, films, limits, figures, verdict, by whom and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from radiograde.model.scoring.result import ModelFacts
from radiograde.training.acceptance.acceptance_figures import AcceptanceFigures
from radiograde.training.acceptance.acceptance_limits import Limits
from radiograde.training.acceptance.criteria import Criterion, Verdict
from radiograde.training.errors import ConfigError
from radiograde.training.evaluation.json_record import JsonRecord

FORMAT: Literal["radiograde.acceptance/1"] = "radiograde.acceptance/1"


@dataclass(frozen=True, slots=True)
class AcceptanceRecord(JsonRecord):
    """What was tested, found and signed.

    ``level``: share that intervals promise to hold. ``manifest``: sha256 of the films' manifest.
    ``remarks``: what speaks against trusting the figures. ``by``: who signs. ``when``: ISO 8601,
    UTC. ``program``: version of Radiograde.
    """

    format: Literal["radiograde.acceptance/1"]
    verdict: Verdict
    model: ModelFacts
    level: float
    manifest: str
    by: str
    when: str
    program: str
    criteria: Sequence[Criterion]
    remarks: Sequence[str]
    figures: AcceptanceFigures
    limits: Limits


_RECORD = TypeAdapter(AcceptanceRecord)


def parse_record(content: bytes) -> AcceptanceRecord:
    """Return the record in a file's bytes.

    Raises:
        ConfigError: it is none.
    """
    try:
        return _RECORD.validate_json(content)
    except ValidationError as error:
        raise ConfigError("The file holds no record that `radiograde accept` wrote.") from error
