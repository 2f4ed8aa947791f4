from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.s3_server import ENVIRONMENT, S3Server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    server = S3Server()
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def s3_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def new_bucket(s3: S3Server) -> Callable[..., str]:
    """Return what makes a bucket of a name that no other has."""
    return lambda **how: s3.bucket(f"films-{next(_numbers)}", **how)
