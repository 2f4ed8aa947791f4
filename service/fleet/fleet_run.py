"""Grading the films of an archive on a Ray cluster: each gets its row, whoever dies meanwhile.

Ray Data hands chunks to workers, starts a worker that died anew and gives its chunk to another. A
chunk whose workers died each time is graded again film by film; the film that ends them gets a row
that says so.
"""

from __future__ import annotations

import errno
import logging
import math
import os
import warnings
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import ray
from ray.data import ActorPoolStrategy, DataContext
from ray.util.annotations import RayDeprecationWarning

from radiograde.service.errors import ConfigurationError
from radiograde.service.fleet.archive_film import ArchiveFilm, Chunk, chunks_of
from radiograde.service.fleet.chunk_grader import ChunkGrader
from radiograde.service.fleet.grading_plan import OUTCOMES, GradingPlan
from radiograde.service.fleet.ray_cluster import ADDRESS

RETRIES = 2
"""Of a chunk whose worker died."""

_MOST_FILMS = 200
_CHUNKS_A_WORKER = 32
"""So that at the end none has much more to do than the others."""


class FleetRun:
    """A run on the cluster that is joined."""

    def __init__(self, plan: GradingPlan, workers: int | None) -> None:
        """Plan for so many workers at most; None: as many as the cluster has room for now.

        Raises:
            ConfigurationError: it has room for none, and would not grow.
        """
        self._plan = plan
        self._room = _room(plan)
        self._workers = workers or self._room
        if not self._room and (workers is None or not os.environ.get(ADDRESS)):
            raise ConfigurationError(
                "No computer of the cluster has room for such a worker: see --cpus and --gpus. "
                "Where the cluster grows by itself, say how far: --workers."
            )

    def grade(self, films: Sequence[ArchiveFilm]) -> Generator[Counter[str]]:
        """Yield what the films of each chunk came to, once their rows are written.

        Raises:
            RayError: no worker can be started.
            OSError: rows cannot be written.
        """
        size = math.ceil(len(films) / (self._workers * _CHUNKS_A_WORKER))
        lost = yield from self._pass(films, min(max(size, 1), _MOST_FILMS), self._plan)
        deadly = yield from self._pass(lost, 1, self._plan)
        yield from self._pass(deadly, 1, replace(self._plan, gives_up=True))

    def _pass(
        self, films: Sequence[ArchiveFilm], size: int, plan: GradingPlan
    ) -> Generator[Counter[str], None, list[ArchiveFilm]]:
        """Grade in chunks of a size; return the films of those whose workers died each time."""
        left = {chunk.number: chunk for chunk in chunks_of(films, size)}
        for row in self._graded(list(left.values()), plan) if left else ():
            del left[row["chunk"]]
            if row["trouble"]:
                raise OSError(errno.EIO, row["trouble"], plan.out)
            yield Counter({name: row[name] for name in OUTCOMES})
        return [film for chunk in left.values() for film in chunk.films]

    def _graded(self, chunks: Sequence[Chunk], plan: GradingPlan) -> Generator[dict[str, Any]]:
        context = DataContext.get_current()
        context.max_errored_blocks = -1
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        first = max(1, min(self._workers, self._room, len(chunks)))
        films = ray.data.from_arrow([chunk.to_arrow() for chunk in chunks])
        with warnings.catch_warnings():
            # Nothing else says how often a chunk is tried; Ray 2.64, which has it no more, is not
            # among the versions that are installed.
            warnings.simplefilter("ignore", RayDeprecationWarning)
            summaries = films.map_batches(
                ChunkGrader,
                fn_constructor_args=(plan,),
                batch_size=None,
                batch_format="pyarrow",
                compute=ActorPoolStrategy(
                    min_size=1,
                    max_size=max(first, self._workers),
                    initial_size=first,
                    max_tasks_in_flight_per_actor=2,
                ),
                num_cpus=plan.cpus,
                num_gpus=plan.gpus or None,
                max_task_retries=RETRIES,
            )
        yield from summaries.iter_rows()


def _room(plan: GradingPlan) -> int:
    """Return how many workers the cluster has room for as it is now."""
    has = ray.cluster_resources()
    rooms = [has.get("CPU", 0.0) / plan.cpus]
    if plan.gpus:
        rooms.append(has.get("GPU", 0.0) / plan.gpus)
    return int(min(rooms))
