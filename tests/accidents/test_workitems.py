"""Who takes up a workitem, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from radiograde.service.grading.records import Records
from radiograde.service.retrieve_errors import UnperformedError
from radiograde.service.ups.workitem_repository import WorkitemRepository

WORKITEMS, WORKERS = 20, 4
HOUR = timedelta(hours=1)


def test_each_is_recorded_and_taken_up_by_one_of_several_at_once(installation: Records) -> None:
    repository = WorkitemRepository(installation.database)
    together = threading.Barrier(WORKERS)

    def take(_: int) -> tuple[int, list[str]]:
        together.wait(30)
        added = sum(repository.add("worklist", f"1.2.{number}") for number in range(WORKITEMS))
        together.wait(30)
        return added, [item.uid for item in repository.take_due("worklist", HOUR)]

    with ThreadPoolExecutor(WORKERS) as workers:
        taken = list(workers.map(take, range(WORKERS)))
    assert sum(added for added, _ in taken) == WORKITEMS
    found = [uid for _, uids in taken for uid in uids]
    assert sorted(found) == sorted(f"1.2.{number}" for number in range(WORKITEMS))
    assert repository.in_hand("worklist") == WORKITEMS


def test_what_is_ended_is_taken_up_no_more(installation: Records) -> None:
    repository = WorkitemRepository(installation.database)
    repository.add("worklist", "1.2.3")
    (item,) = repository.take_due("worklist", HOUR)
    repository.fetched(item, ["1.2.4"])
    repository.end(item, "completed")
    repository.cancel(item, UnperformedError("Too late."))
    found = repository.find("worklist", "1.2.3")
    assert found is not None
    assert (found.state, found.films, found.message) == ("completed", ["1.2.4"], None)
    assert list(repository.take_due("worklist", timedelta(0))) == []
