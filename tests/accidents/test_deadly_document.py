"""A document that kills the worker's process is counted and given up, and the other films go on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from radiograde.service.config.settings import Settings
from radiograde.service.delivery.retry_policy import MOST_STARTS
from radiograde.service.grading.records import Records
from tests.accidents import quick
from tests.accidents.sink import Sink
from tests.accidents.test_standing_work import accepted
from tests.service.grading.conftest import MakeFilm
from tests.service.processes import ROOT

PATIENCE_S = 110.0


def test_a_film_whose_documents_kill_is_parked_and_others_are_sent(
    installation: Records, settings: Settings, make_film: MakeFilm, tmp_path: Path
) -> None:
    films = [accepted(installation, make_film(number)) for number in range(5)]
    deadly = films[1]
    with Sink() as sink, (tmp_path / "worker.log").open("wb") as log:
        (settings.data_dir / "radiograde.toml").write_text(sink.site_file())
        environment = {
            **os.environ,
            **quick.ENVIRONMENT,
            "DEADLY_FILM": deadly,
            "RADIOGRADE_DATABASE_URL": settings.store_url,
        }
        command = [sys.executable, "-m", "tests.accidents.deadly_worker", str(settings.data_dir)]
        starts, end = 0, time.monotonic() + PATIENCE_S
        while _goes_on(installation) and time.monotonic() < end:
            worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            starts += 1
            while worker.poll() is None and _goes_on(installation) and time.monotonic() < end:
                time.sleep(0.2)
            worker.terminate()
            worker.wait(60)
    assert starts == 1 + MOST_STARTS + 1, "killed ahead of sending, then at each start of sending"
    (delivery,) = installation.jobs.get(deadly).deliveries
    assert (delivery.state, delivery.error) == ("parked", "gave_up")
    for film in films:
        assert installation.jobs.get(film).state == "graded"
    assert len(sink.taken) == len(films) - 1
    assert installation.jobs.counts()["undelivered"] == 0


def _goes_on(records: Records) -> bool:
    counts = records.jobs.counts()
    return counts["waiting"] + counts["undelivered"] > 0
