"""A reader commits two readings of one film at the same moment: one of them stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from radiograde.service.errors import CommittedError
from radiograde.service.grading.records import Records
from radiograde.service.reviews.reading_set_repository import ReadingSetRepository
from tests.service.worklist.stock import Stock

ROUNDS = 15


def test_what_was_committed_first_stays(installation: Records) -> None:
    sets = ReadingSetRepository(installation.database)
    film = Stock(installation).scored()
    together = Barrier(2)

    def commit(set_id: str, grade: int) -> int | None:
        together.wait()
        try:
            sets.commit(set_id, "kim", 0, dict.fromkeys("ABCDEF", grade), None)
        except CommittedError:
            return None
        return grade * 6

    with ThreadPoolExecutor(2) as pool:
        for _ in range(ROUNDS):
            id = sets.give_out("Spring", "boss", [film], ["kim"], 0)
            answers = {*pool.map(commit, (id, id), (1, 2))}
            assert answers == {None, sets.slots(id)[0].brixia}
