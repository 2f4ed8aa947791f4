"""Workers send notifications; one that is killed in the middle loses none."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import notices
from radiograde.service.grading.records import Records, open_records
from tests.service.delivery.web import Reply, Request
from tests.service.notifications.receivers import SECRET, Hook, running_hook
from tests.service.processes import Process, waited

EVENTS = 6
SITE = """
[[notify]]
name = "pager"
type = "webhook"
url = "{url}"
secret_env = "HOOK_SECRET"
events = ["model_stopped"]
timeout_s = 5
"""


def states(records: Records) -> list[str]:
    return records.database.values(sa.select(notices.c.state), str)


@dataclass
class Killer:
    """Kills the worker that sends the third request, before it is answered."""

    hook: Hook
    kill: Callable[[], None] | None = None
    requests: int = 0

    def answer(self, request: Request) -> Reply:
        self.requests += 1
        reply = self.hook.answer(request)
        if self.requests == 3 and self.kill is not None:
            self.kill()
        return reply


def test_a_worker_that_is_killed_while_it_sends_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    data = tmp_path / "data"
    data.mkdir()
    with running_hook() as hook:
        killer = Killer(hook)
        hook.before = killer.answer
        (data / "radiograde.toml").write_text(SITE.format(url=hook.url))
        settings = Settings(data_dir=data)
        with closing(open_records(settings)) as records:
            with records.database.write() as connection:
                for number in range(EVENTS):
                    records.notices.of_stopped_model(connection, "a model", "drift", f"{number}")
            worker = Process("work", "--data-dir", str(data), log=tmp_path / "log")
            killer.kill = lambda: os.kill(worker.running.pid, 9)
            assert waited(lambda: worker.running.poll() is not None, 120)
            assert killer.requests >= 3
            assert "waiting" in states(records)
            worker.start()
            try:
                assert waited(lambda: states(records) == ["sent"] * EVENTS, 180)
            finally:
                worker.end()
    assert len({id for id, _ in hook.got}) == EVENTS
    assert {event["type"] for _, event in hook.got} == {"model.stopped"}
    assert len(hook.got) <= EVENTS + 2  # those that were under way when it was killed
