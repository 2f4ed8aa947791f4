"""A service on a fake model, in a folder of its own."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from pynetdicom import _config

from radiograde.model.scoring.scorer import Scorer
from radiograde.service.auth.credentials import Passwords
from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import Records, open_records
from radiograde.service.http.app import create_app
from tests.service.accounts import QUICK
from tests.service.fakes import FakeScorer, PicklingRunner

Start = Callable[..., TestClient]


@pytest.fixture(autouse=True)
def no_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep the developer's own settings and site file out of the tests."""
    for name in [name for name in os.environ if name.startswith("RADIOGRADE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "data-home"))


@pytest.fixture(autouse=True)
def pynetdicom_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give back what a node sets for its whole process: other tests' nodes are choosy."""
    for name in ("UNRESTRICTED_STORAGE_SERVICE", "USE_SHORT_DIMSE_AET"):
        monkeypatch.setattr(_config, name, getattr(_config, name))


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Give back what commands and nodes set up for their whole process."""
    root, hook = logging.getLogger(), threading.excepthook
    handlers, level = root.handlers[:], root.level
    # The queue's engine writes to the stream that it found first, a test's own perhaps.
    queue = logging.getLogger("dbos")
    queues = queue.handlers[:]
    with warnings.catch_warnings():
        yield
    root.handlers, root.level, threading.excepthook = handlers, level, hook
    queue.handlers = queues
    structlog.reset_defaults()
    for name in ("pydicom", "pylibjpeg", "openjpeg", "PIL"):
        logging.getLogger(name).disabled = False


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a verification take no time: what it costs is not what is tested."""
    monkeypatch.setattr(
        "radiograde.service.auth.password_sign_in.Passwords", lambda: Passwords(QUICK)
    )


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a service and returns its client."""
    with ExitStack() as stack:

        def begin(scorer: Scorer | None = None, **chosen: Any) -> TestClient:
            settings = Settings(data_dir=tmp_path / "data", **chosen)
            app = create_app(settings, scorer=scorer or FakeScorer(), runner=PicklingRunner())
            here = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50000))
            return stack.enter_context(here)

        yield begin


@pytest.fixture
def client(start: Start) -> TestClient:
    """Return a client of a service with the default settings."""
    return start()


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """Return the records of a new installation."""
    opened = open_records(Settings(data_dir=tmp_path / "data"))
    yield opened
    opened.close()
