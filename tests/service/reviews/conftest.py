"""Records in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.records import Records, open_records
from service.settings import Settings


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """Return the records of a new installation."""
    opened = open_records(Settings(data_dir=tmp_path / "data"))
    yield opened
    opened.close()
