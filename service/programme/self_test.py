"""What a model file must do before it may grade: answer two drawn squares within its scales."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from radiograde.model.errors import ModelFileError
from radiograde.model.scoring.scales import EXTENT, ZONE
from radiograde.model.scoring.scorer import OUTPUTS, Scorer

_TOPS = {
    "zones": ZONE.high,
    "scales": EXTENT.high,
    "spread": np.inf,
    "opacity_map": 1.0,
    "lung_map": 1.0,
    "scope": 1.0,
}
ROUNDING = 1e-3


def self_test(scorer: Scorer) -> None:
    """Run the network on a black and on a drawn square.

    Raises:
        ModelFileError: it breaks, or answers with what is no number or lies beyond its scale.
    """
    side = scorer.metadata.preprocessing.size
    ramp = np.linspace(0, 1, side, dtype=np.float32)
    for square in (np.zeros((side, side), np.float32), np.outer(ramp, ramp).astype(np.float32)):
        for name, answer in _answers(scorer, square).items():
            low, high = float(answer.min()), float(answer.max())
            inside = -ROUNDING <= low <= high <= _TOPS[name] + ROUNDING
            if not (np.isfinite(answer).all() and inside):
                raise ModelFileError(f"The model fails its self-test: {name} is beyond its scale.")


def _answers(scorer: Scorer, square: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    try:
        found = scorer.session.run(OUTPUTS, {"image": square[None, None]})
    except Exception as error:
        raise ModelFileError("The model fails its self-test: the network breaks.") from error
    return dict(zip(OUTPUTS, found, strict=True))
