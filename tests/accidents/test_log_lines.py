"""However the queue's engine fails, the log has lines of JSON and no trace beside them."""

from __future__ import annotations

import json
import threading

import pytest

from radiograde.service.grading.records import Records
from radiograde.service.grading.slots import take_slot
from radiograde.service.grading.worker import working
from radiograde.service.logs import configure_logging
from tests.accidents.postgres import Postgres
from tests.accidents.test_standing_work import accepted
from tests.service.grading.graders import Outbox, work_with
from tests.service.processes import waited


def test_a_database_that_goes_leaves_lines_of_json(
    postgres: Postgres, installation: Records, capfd: pytest.CaptureFixture[str]
) -> None:
    if installation.database.url.startswith("sqlite"):
        pytest.skip("a file does not go away")
    configure_logging("info")
    outbox, said = Outbox(), Said(capfd)
    slot = take_slot(installation.database, threading.Event())
    assert slot is not None
    with working(work_with(installation, outbox), installation.database.url, slot, graders=2):
        postgres.stop()
        assert waited(lambda: "reconciling_put_off" in said.so_far(), 60)
        postgres.start()
        accepted(installation)
        assert waited(lambda: len(outbox.sent) == 1, 60)
    for line in said.so_far().splitlines():
        assert isinstance(json.loads(line), dict), line


class Said:
    """All that was written to standard output and error."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd
        self._text = ""

    def so_far(self) -> str:
        self._text += "".join(self._capfd.readouterr())
        return self._text
