"""What is loaded at the start is never looked through for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from radiograde.service.http.loading import loading


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_loaded_is_left_alone() -> None:
    gc.unfreeze()
    with loading():
        assert not gc.isenabled()
        loaded: list[object] = []
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    assert not any(one is loaded for one in gc.get_objects())


def test_what_fails_to_load_leaves_garbage_looked_for() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()
