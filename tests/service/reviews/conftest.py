"""Records in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import Records, open_records


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """Return the records of a new installation."""
    opened = open_records(Settings(data_dir=tmp_path / "data"))
    yield opened
    opened.close()
