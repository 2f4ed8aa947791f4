"""Databases that are made, and brought up to date, as they are elsewhere."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def databases_at_hand() -> None:
    """Let no database be a copy of another: making them is what is tested."""
