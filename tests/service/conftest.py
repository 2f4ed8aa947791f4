"""A service on a fake model, in a folder of its own."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from pynetdicom import _config
from sqlalchemy import Engine
from ulid import ULID

from radiograde.model.scoring.scorer import Scorer
from radiograde.service.auth.credentials import Passwords
from radiograde.service.config.settings import Settings
from radiograde.service.database import engine
from radiograde.service.database.backup import DATABASE
from radiograde.service.database.engine import open_database
from radiograde.service.grading.records import Records, open_records
from radiograde.service.http.app import create_app
from radiograde.service.queue import DurableQueue
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


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a database as it is made, with the tables of the queue."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("new"))
    with closing(open_database(settings)):
        DurableQueue(settings.store_url).close()
    return settings.data_dir / DATABASE


@pytest.fixture(autouse=True)
def databases_at_hand(new_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a new database be a copy: most of a short test's time goes into making its tables."""
    check = engine._check_schema

    def copied(opened: Engine, *, upgrade: bool) -> None:
        file = Path(opened.url.database or "")
        if opened.dialect.name == "sqlite" and file.name == DATABASE:
            draft = file.with_name(f"{file.name}.{ULID()}")
            with suppress(OSError):  # it is there already, or its opening says what is wrong
                if not file.exists():
                    shutil.copyfile(new_database, draft)
                    os.link(draft, file)
            draft.unlink(missing_ok=True)
        check(opened, upgrade=upgrade)

    monkeypatch.setattr(engine, "_check_schema", copied)


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
