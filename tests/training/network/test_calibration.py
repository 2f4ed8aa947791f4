import json
from pathlib import Path

import numpy as np
import pytest
import torch

from radiograde.model.scoring.scales import EXTENT, ZONE
from radiograde.training.network.calibration import Calibration, Curve


def test_a_curve_keeps_the_ends_of_its_scale() -> None:
    ends = torch.tensor([0.0, 8.0])
    torch.testing.assert_close(Curve(1.7, 0.9).apply(ends, EXTENT.high), ends, atol=0.02, rtol=0)
    torch.testing.assert_close(
        Curve(1.2, -1.0).apply(torch.tensor([3.0]), ZONE.high),
        torch.tensor([3.0]),
        atol=0.02,
        rtol=0,
    )


def test_a_plain_curve_changes_nothing() -> None:
    values = torch.linspace(0, 3, 50)
    torch.testing.assert_close(Curve().apply(values, 3.0), values, atol=1e-3, rtol=0)


def test_a_curve_moves_a_grade_by_its_logit() -> None:
    value = Curve(2.0, 1.0).apply(torch.tensor([2.0]), 8.0)
    logit = 2.0 * np.log(0.25 / 0.75) + 1.0
    assert float(value) == pytest.approx(8 / (1 + np.exp(-logit)))


def test_a_calibration_comes_back_from_its_file(tmp_path: Path) -> None:
    calibration = Calibration(Curve(1.1, -0.2), Curve(0.9, 0.3), Curve(1.3))
    path = tmp_path / "calibration.json"
    calibration.save(path)
    assert json.loads(path.read_text())["extent"] == {"gain": 0.9, "offset": 0.3}
    assert Calibration.load(path) == calibration
