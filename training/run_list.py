"""What runs came to, from their folders or from MLflow, for a list of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from radiograde.training.errors import ConfigError
from radiograde.training.run_paths import FINAL, RECORD, RunPaths
from radiograde.training.tracking import URI, experiment_name, mlflow_client

OURS = "Radiograde"
"""How the grader is called whose figures are shown."""

MOST_RUNS = 500


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run. ``state``: what of it is done, in a word. ``figures``: by name, those there are."""

    name: str
    began: str
    state: str
    figures: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the run as plain JSON types."""
        return asdict(self)


def runs_below(folder: Path) -> list[ListedRun]:
    """Return the runs in a folder and its folders, the last begun first."""
    records = sorted({*folder.glob(RECORD), *folder.glob(f"*/{RECORD}")})
    runs = [_of_folder(record.parent) for record in records]
    return sorted(runs, key=lambda run: run.began, reverse=True)


def runs_in_mlflow() -> list[ListedRun]:
    """Return the runs of the experiment, the last begun first.

    Raises:
        ConfigError: MLflow is not installed or does not answer.
    """
    client = mlflow_client()
    try:
        experiment = client.get_experiment_by_name(experiment_name())
        if experiment is None:
            return []
        found = client.search_runs([experiment.experiment_id], max_results=MOST_RUNS)
    except Exception as error:
        raise ConfigError(f"MLflow at {URI} does not answer ({type(error).__name__}).") from error
    return [
        ListedRun(
            f"{run.data.tags.get('radiograde.kind', '')} {run.info.run_name}".strip(),
            _when(run.info.start_time / 1000),
            str(run.info.status).lower(),
            dict(_kept_figures(run.data.metrics)),
        )
        for run in found
    ]


def _of_folder(run: Path) -> ListedRun:
    paths = RunPaths.of(run, run)
    began = (paths.config if paths.config.exists() else run).stat().st_mtime
    is_measured, is_trained = paths.evaluation.exists(), paths.weights(FINAL).exists()
    state = "measured" if is_measured else "trained" if is_trained else "begun"
    record = _json(paths.record)
    figures = {"films": float(record.get("films", 0)), "minutes": float(record.get("minutes", 0))}
    figures |= dict(_measured(_json(paths.evaluation))) if is_measured else {}
    return ListedRun(run.name, _when(began), state, figures)


def _measured(evaluation: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield error and correlation against each reference, as the evaluation's first table has."""
    for row in evaluation.get("agreement", []):
        if row["grader"] == OURS:
            for figure in ("mae", "r"):
                if row["agreement"][figure] is not None:
                    yield f"{row['reference']} {figure}", float(row["agreement"][figure])


def _kept_figures(metrics: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for name, value in metrics.items():
        if name.endswith(("/mae", "/r", "/after", "/total")):
            yield name, float(value)


def _json(path: Path) -> dict[str, Any]:
    """Return what a file of a run holds.

    Raises:
        ConfigError: it is no JSON object.
    """
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise ConfigError(f"{path} cannot be read: it is no JSON.") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path} cannot be read: it is no JSON object.")
    return found


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
