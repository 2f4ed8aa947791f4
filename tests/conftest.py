"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

TOGETHER = ("training", "web")
"""Folders whose tests share a fixture that is dear: one process runs them all."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let pytest-xdist deal tests out by their files, or by their folders."""
    here = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(here)
        group = place.parts[0] if place.parts[0] in TOGETHER else str(place)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real films beside the checkout; skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the real films in ../shared are not on this machine")
    return folder
