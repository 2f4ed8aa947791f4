"""Two persons promote a model each at the same moment: one of them is in production."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from radiograde.model.scoring.result import ModelFacts
from radiograde.service.grading.records import Records
from radiograde.service.programme.model_repository import ModelRepository

ROUNDS = 15


def test_one_model_is_in_production(installation: Records) -> None:
    models = ModelRepository(installation.database)
    for letter in "abc":
        models.add(ModelFacts("site", letter, letter * 64), "kim")
    together = Barrier(2)

    def promote(letter: str) -> None:
        together.wait()
        models.promote(letter * 64, "kim", "e" * 64)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(ROUNDS):
            models.promote("a" * 64, "kim", "e" * 64)
            list(pool.map(promote, "bc"))
            assert sum(model.state == "production" for model in models.all()) == 1
