"""What the audit trail costs an answer: the same service with and without it, in turn, in one run.

Both run in this process, so that no network hides the cost; what counts is the processor's time of
all its threads, since others may use the machine. The worklist is of 200 films, and its answer is
made anew each time; a film is graded anew each time by the bundled model, and is an event each
time. A reader's lists are one event in ten minutes; what each one would cost is measured, too.

    python -m benchmarks.audit_overhead
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import click
from fastapi import FastAPI
from fastapi.testclient import TestClient

from benchmarks.film import dicom_films
from benchmarks.stopwatch import interleave, table, write_results
from radiograde.service.audit import audit_log
from radiograde.service.config.settings import Settings
from radiograde.service.http import audit_trail
from radiograde.service.http.answer_cache import AnswerCache
from radiograde.service.http.app import create_app
from radiograde.service.http.audit_trail import AuditTrail
from radiograde.service.http.page_queries import PageQueries
from tests.service.worklist.stock import Stock, records_of

FILMS = 200
WITH, EACH, WITHOUT = "with the audit trail", "with an event each time", "without"


def service(stack: ExitStack, folder: Path, *, audited: bool) -> TestClient:
    """Return the client of a service with films."""
    app = create_app(Settings(data_dir=folder))
    if not audited:
        app.user_middleware = [one for one in app.user_middleware if is_other(one)]
    client = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50000))
    stack.enter_context(client)
    stock = Stock(records_of(client))
    for _ in range(FILMS):
        stock.scored()
    return client


def is_other(middleware: Any) -> bool:
    """Return whether it is another than the audit trail's."""
    return middleware.cls is not AuditTrail


def forget_answers(app: FastAPI) -> None:
    """Have the next answer made anew."""
    queries: PageQueries = app.state.page_queries
    app.state.page_queries = replace(queries, answers=AnswerCache(queries.version))


@click.command()
@click.option("--lists", "list_rounds", default=300, help="Rounds of the worklist.")
@click.option("--films", "film_rounds", default=40, help="Rounds of grading.")
def main(list_rounds: int, film_rounds: int) -> None:
    """Measure both, and write benchmarks/results/audit_overhead_*.json."""
    audit_log.LINGER_S = 0.0
    content = dicom_films()("1.2.3")
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        both = {
            WITHOUT: service(stack, root / "without", audited=False),
            WITH: service(stack, root / "with", audited=True),
        }

        def listed(client: TestClient, once_within_s: float = 600.0) -> None:
            audit_trail.ONCE_WITHIN_S = once_within_s
            forget_answers(cast(FastAPI, client.app))
            client.get("/v1/worklist").raise_for_status()

        def graded(client: TestClient) -> None:
            answer = client.post("/v1/score", content=content, params={"again": True})
            answer.raise_for_status()

        lists = {
            WITHOUT: partial(listed, both[WITHOUT]),
            WITH: partial(listed, both[WITH]),
            EACH: partial(listed, both[WITH], 0.0),
        }
        films = {name: partial(graded, client) for name, client in both.items()}
        for name, contenders, rounds in (
            ("worklist", lists, list_rounds),
            ("score", films, film_rounds),
        ):
            samples = interleave(contenders, rounds, clock=time.process_time)
            write_results(f"audit_overhead_{name}", {"films": FILMS}, samples, WITHOUT)
            click.echo(f"{name}\n{table(samples, WITHOUT)}")


if __name__ == "__main__":
    main()
