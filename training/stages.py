"""What the parts of a run are called, and so the folders below it."""

from __future__ import annotations

from collections.abc import Sequence

FINAL = "final"
"""The model that ships; it learns from every fold."""


def fold_name(fold: int) -> str:
    """Return the name of the model that never sees a fold."""
    return f"fold{fold}"


def stages(folds: Sequence[int]) -> dict[str, int | None]:
    """Return each model of a run with the fold held out from it, what ships last."""
    return {fold_name(fold): fold for fold in folds} | {FINAL: None}


def member_names(stage: str, members: int) -> list[str]:
    """Return the names of the networks that are averaged into one model, its own name first."""
    return [stage, *(f"{stage}-{number}" for number in range(2, members + 1))]
