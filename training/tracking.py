"""Runs in MLflow, where MLFLOW_TRACKING_URI names a server or a folder; elsewhere nothing.

What ran is in the run's own folder all the same. A server that stops answering ends no training:
what it should have heard is said in one line, and is not sent later.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import click

from radiograde import __version__
from radiograde.training.errors import ConfigError

if TYPE_CHECKING:
    from mlflow import MlflowClient

URI = "MLFLOW_TRACKING_URI"
EXPERIMENT = "MLFLOW_EXPERIMENT_NAME"
DEFAULT_EXPERIMENT = "radiograde"
KEPT = "mlflow_run"
"""File in a run's folder with the id of its run in MLflow: a run that goes on is one run there."""

Kind = Literal["train", "evaluate", "adapt"]

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
"""Nobody but the server hears of a run, and a server that is away is not waited for."""

_MOST_PARAMETERS, _LONGEST = 100, 6000
"""In one call, and in letters: what MLflow takes."""


class Tracker(Protocol):
    """Hears what a run comes to."""

    def parameters(self, values: Mapping[str, object]) -> None:
        """Record choices and facts by name, nested ones too; each once."""
        ...

    def metrics(self, values: Mapping[str, float | None], step: int = 0) -> None:
        """Record figures; None and what is no finite number is left out."""
        ...

    def file(self, path: Path, folder: str = "") -> None:
        """Record a file as it is now, where it is there."""
        ...


class NoTracker:
    """Hears nothing."""

    def parameters(self, values: Mapping[str, object]) -> None:
        """Do nothing."""

    def metrics(self, values: Mapping[str, float | None], step: int = 0) -> None:
        """Do nothing."""

    def file(self, path: Path, folder: str = "") -> None:
        """Do nothing."""


@dataclass(slots=True)
class MlflowTracker:
    """Records a run in MLflow."""

    client: MlflowClient
    run_id: str
    _failed: bool = field(default=False, init=False)

    def parameters(self, values: Mapping[str, object]) -> None:
        """Record choices and facts; see :class:`Tracker`."""
        with self._unless_away():
            _log_parameters(self.client, self.run_id, values)

    def metrics(self, values: Mapping[str, float | None], step: int = 0) -> None:
        """Record figures; see :class:`Tracker`."""
        from mlflow.entities import Metric
        from mlflow.utils.time import get_current_time_millis

        now = get_current_time_millis()
        found = [
            Metric(_metric_name(name), value, now, step)
            for name, value in values.items()
            if value is not None and math.isfinite(value)
        ]
        if found:
            with self._unless_away():
                self.client.log_batch(self.run_id, metrics=found)

    def file(self, path: Path, folder: str = "") -> None:
        """Record a file; see :class:`Tracker`."""
        if path.exists():
            with self._unless_away():
                self.client.log_artifact(self.run_id, str(path), folder or None)

    def end(self, status: str) -> None:
        """Say how the run ended, in MLflow's words."""
        with self._unless_away():
            self.client.set_terminated(self.run_id, status)

    @contextmanager
    def _unless_away(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - no server may end a training of days
            if not self._failed:
                name = type(error).__name__
                click.echo(f"MLflow does not hear of this run any more ({name}).", err=True)
            self._failed = True


def is_tracked() -> bool:
    """Return whether runs are recorded in MLflow."""
    return bool(os.environ.get(URI))


@contextmanager
def tracked(
    kind: Kind, name: str, parameters: Mapping[str, object], folder: Path | None = None
) -> Iterator[Tracker]:
    """Record what happens within the ``with`` block as a run.

    ``parameters``: by name, nested ones too. ``folder``: of a run that may go on later.

    Raises:
        ConfigError: MLFLOW_TRACKING_URI is set, and MLflow is not installed or does not answer.
    """
    if not is_tracked():
        yield NoTracker()
        return
    tracker = _begin(kind, name, parameters, folder)
    try:
        yield tracker
    except BaseException as error:
        tracker.end("FAILED" if isinstance(error, Exception) else "KILLED")
        raise
    tracker.end("FINISHED")


def mlflow_client() -> MlflowClient:
    """Return what speaks with the server.

    Raises:
        ConfigError: MLflow is not installed.
    """
    for variable, value in _QUIET.items():
        os.environ.setdefault(variable, value)
    try:
        from mlflow import MlflowClient
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{URI} is set, and MLflow is not here: install it with "
            "`pip install 'radiograde[mlflow]'`, or unset the variable."
        ) from error
    return MlflowClient()


def experiment_name() -> str:
    """Return the experiment that runs belong to."""
    return os.environ.get(EXPERIMENT) or DEFAULT_EXPERIMENT


def _begin(
    kind: Kind, name: str, parameters: Mapping[str, object], folder: Path | None
) -> MlflowTracker:
    client = mlflow_client()
    kept = None if folder is None else folder / KEPT
    tags = {"radiograde.kind": kind, "radiograde.version": __version__, "mlflow.runName": name}
    try:
        known = kept.read_text().strip() if kept is not None and kept.exists() else None
        if known is None:
            run_id = client.create_run(_experiment(client), tags=tags).info.run_id
            _log_parameters(client, run_id, parameters)
        else:
            run_id = known
            client.update_run(run_id, status="RUNNING")
    except Exception as error:
        raise ConfigError(
            f"MLflow at {URI} cannot be used ({type(error).__name__}). Start it, or unset the "
            "variable."
        ) from error
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(f"{run_id}\n")
    return MlflowTracker(client, run_id)


def _experiment(client: MlflowClient) -> str:
    name = experiment_name()
    found = client.get_experiment_by_name(name)
    return str(client.create_experiment(name) if found is None else found.experiment_id)


def _log_parameters(client: MlflowClient, run_id: str, parameters: Mapping[str, object]) -> None:
    from mlflow.entities import Param

    found = [Param(name, str(value)[:_LONGEST]) for name, value in _flat(parameters)]
    for start in range(0, len(found), _MOST_PARAMETERS):
        client.log_batch(run_id, params=found[start : start + _MOST_PARAMETERS])


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _metric_name(name: str) -> str:
    """Return a name that MLflow takes; a source may be called anything."""
    return "".join(one if one.isalnum() or one in "_-. /" else "_" for one in name)
