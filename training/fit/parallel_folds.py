"""Fine-tunes side by side on one CPU: two on a core each take less time than one on two cores."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from queue import Empty

from radiograde.training.fit.finetune import Finetune, Place, finetune_alone
from radiograde.training.fit.progress import Report

POLL_SECONDS = 0.5


def run_side_by_side(
    works: Sequence[Finetune], place: Place, jobs: int, threads: int, report: Report
) -> Iterator[tuple[str, float]]:
    """Yield each fine-tune's name and seconds as it ends, ``jobs`` at a time.

    Each has its own process and share of ``threads``. What one raises is raised here.
    """
    context = multiprocessing.get_context("spawn")
    with (
        context.Manager() as manager,
        ProcessPoolExecutor(jobs, mp_context=context) as executor,
    ):
        epochs = manager.Queue()
        waiting: dict[Future[float], str] = {
            executor.submit(
                finetune_alone, work, place, max(1, threads // jobs), epochs.put
            ): work.name
            for work in works
        }
        try:
            while waiting:
                with contextlib.suppress(Empty):
                    report(epochs.get(timeout=POLL_SECONDS))
                for done in [future for future in waiting if future.done()]:
                    yield waiting.pop(done), done.result()
            while not epochs.empty():
                report(epochs.get())
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise
