"""Workitems are performed once each, however often workers are killed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from radiograde.service.config.settings import Settings
from radiograde.service.database.pacs_tables import workitems
from radiograde.service.grading.records import open_records
from tests.service.delivery.withdrawing import film_of
from tests.service.killing import killed_workers
from tests.service.ups.ups_server import running_ups_server

WORKITEMS, KILLS = 6, 2
SITE = """
[[destination]]
name = "pacs"
type = "dicomweb"
url = "{url}"
send = ["sr"]

[[ups]]
name = "worklist"
url = "{url}"
pacs = "pacs"
stations = ["GRADER"]
every_s = 0.3
"""


def test_each_workitem_is_performed_once_though_workers_are_killed(tmp_path: Path) -> None:
    with running_ups_server() as server:
        for number in range(WORKITEMS):
            server.add(f"1.2.826.0.1.3680043.10.1541.9.{number}", film_of(number))
        (tmp_path / "radiograde.toml").write_text(SITE.format(url=server.url))
        with (
            closing(open_records(Settings(data_dir=tmp_path))) as records,
            killed_workers(tmp_path, KILLS, between=(6, 14)) as killer,
        ):

            def attend(method: str, path: str) -> None:
                if (method, path) != ("GET", "/dicom-web/workitems"):  # a look is no work
                    killer.attend()

            def recorded() -> list[str]:
                return records.database.values(sa.select(workitems.c.state), str)

            server.before = attend
            assert killer.survived(lambda: recorded() == ["completed"] * WORKITEMS), recorded()
            jobs = records.jobs.page(99)
    assert killer.kills == KILLS
    assert server.states() == {"COMPLETED": WORKITEMS}
    assert set(server.claims.values()) == {1}
    assert len(server.claims) == WORKITEMS
    assert len(jobs) == WORKITEMS
    named = [uid for one in server.workitems for uid in server.outputs(one)]
    assert sorted(named) == sorted(server.stored)
    assert len(named) == WORKITEMS
