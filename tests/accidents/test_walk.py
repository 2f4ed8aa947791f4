"""A short walk of accidents on each database; ``python -m tests.accidents`` walks for longer."""

from __future__ import annotations

import sys

import pytest

from tests.accidents import quick
from tests.accidents.postgres import tool
from tests.accidents.site import Engine
from tests.accidents.walk import walk

MINUTES = 1 / 6


@pytest.mark.skipif(sys.platform != "linux", reason="looks for children in /proc")
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_walk_of_accidents_loses_doubles_and_strands_nothing(engine: Engine) -> None:
    if engine == "postgresql" and tool("initdb") is None:
        pytest.skip("Debian's postgresql is not installed")
    outcome = walk(MINUTES, engine, seed=7, environment=quick.ENVIRONMENT)
    assert outcome.is_good, outcome
