"""Grades many films with a model file, as they are served, on several threads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice

from numpy import float32
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.model.errors import RadiogradeError
from radiograde.model.grading import failed
from radiograde.model.reading.grey import Pixels
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.evaluation.served.grading_store import GradingStore
from radiograde.training.evaluation.served.served_grading import ServedGrading, read_as_served
from radiograde.training.progress import followed

AS_IT_IS = ""
"""The name of the film that nothing was done to."""

READ_AHEAD = 2
"""Films a thread that wait for it."""

Change = Callable[[NDArray[float32]], NDArray[float32]]
"""What is done to a film (H, W) float32 in [0, 1], air dark, before it is graded."""


def unchanged(film: NDArray[float32]) -> NDArray[float32]:
    """Return the film."""
    return film


@dataclass(frozen=True, slots=True)
class FilmTask:
    """A film to be graded after each of some changes, which are named for good."""

    film: Film
    changes: Mapping[str, Change]


class FilmGrader:
    """Grades films with one model file and keeps what it said."""

    def __init__(self, scorer: Scorer, store: GradingStore, threads: int = 1) -> None:
        """``scorer`` should use one thread a film: ``threads`` films are graded at a time."""
        self.scorer, self.store, self.threads = scorer, store, threads

    def as_served(self, films: Sequence[Film], what: str = "Grading") -> list[ServedGrading]:
        """Return the gradings of the films as they are, in their order."""
        tasks = [FilmTask(film, {AS_IT_IS: unchanged}) for film in films]
        return [found[AS_IT_IS] for found in self.grade(tasks, what)]

    def grade(self, tasks: Sequence[FilmTask], what: str) -> list[Mapping[str, ServedGrading]]:
        """Return each task's gradings by the names of its changes, in the tasks' order.

        ``what``: what the bar, or without a terminal a line a minute, says that is done.
        """
        keys = [_key_of(task.film) for task in tasks]
        waiting = [
            (key, task)
            for key, task in zip(keys, tasks, strict=True)
            if any(_named(key, name) not in self.store for name in task.changes)
        ]
        for _ in followed(self._graded(waiting), what, len(waiting), stderr=True):
            pass
        return [
            {name: self.store[_named(key, name)] for name in task.changes}
            for key, task in zip(keys, tasks, strict=True)
        ]

    def _graded(self, tasks: Iterable[tuple[str, FilmTask]]) -> Iterator[None]:
        """Yield once a task that is graded and kept."""
        rest = iter(tasks)
        with ThreadPoolExecutor(self.threads) as pool:
            running: set[Future[None]] = set()
            while True:
                ahead = islice(rest, READ_AHEAD * self.threads - len(running))
                running |= {pool.submit(self._grade, *task) for task in ahead}
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for one in done:
                    yield one.result()

    def _grade(self, key: str, task: FilmTask) -> None:
        missing = [name for name in task.changes if _named(key, name) not in self.store]
        try:
            film = read_as_served(task.film)
        except RadiogradeError as error:
            gradings = dict.fromkeys(missing, ServedGrading.of(failed(error, self.scorer)))
        else:
            gradings = {
                name: ServedGrading.of(
                    self.scorer.score(replace(film, grey=Pixels(task.changes[name](film.pixels))))
                )
                for name in missing
            }
        for name, grading in gradings.items():
            self.store.add(_named(key, name), grading)


def _key_of(film: Film) -> str:
    """Return what a film is kept by: its sha256, and how it is unsquashed."""
    digest = hashlib.sha256(film.image.read_bytes()).hexdigest()
    size = film.original_size
    return digest if size is None else f"{digest} {size[0]}x{size[1]}"


def _named(key: str, change: str) -> str:
    return f"{key} {change}" if change else key
