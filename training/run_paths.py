"""What the parts of a run are called, and so the files and folders below it."""

from __future__ import annotations

from collections.abc import Sequence

CONFIG = "config.yaml"
"""Every choice of the run."""

RECORD = "run.json"
"""What ran, on what, and how long it took."""

FINAL = "final"
"""The model that ships; it learns from every fold."""


def fold_name(fold: int) -> str:
    """Return the name of the model that never sees a fold."""
    return f"fold{fold}"


def stage_name(held_out: int | None) -> str:
    """Return the name of the model from which a fold is held out; of what ships, for None."""
    return FINAL if held_out is None else fold_name(held_out)


def stages(folds: Sequence[int]) -> dict[str, int | None]:
    """Return each model of a run with the fold held out from it, what ships last."""
    return {stage_name(fold): fold for fold in (*folds, None)}


def member_names(stage: str, members: int) -> list[str]:
    """Return the names of the networks that are averaged into one model, its own name first."""
    return [stage, *(f"{stage}-{number}" for number in range(2, members + 1))]
