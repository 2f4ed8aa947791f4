"""What it costs to know who calls, within the requests that ask for it.

A signed-in reader sends one film after another and asks for the worklist; the look-up of the
session, with what the role allows, is timed inside each request.

    python -m benchmarks.permissions
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
from fastapi.testclient import TestClient

from benchmarks.film import dicom_films
from benchmarks.stopwatch import REST_S, ratios, table, write_results
from radiograde.service.auth.credentials import Passwords
from radiograde.service.config.settings import Settings
from radiograde.service.http import caller
from radiograde.service.http.app import create_app
from radiograde.service.http.caller import CSRF_HEADER

SCORE, OF_SCORE = "POST /v1/score", "who sends the film"
LIST, OF_LIST = "GET /v1/worklist", "who asks for the list"
USER, PASSWORD = "kim", "a sentence nobody says"
WARM_UP = 2
PAGES_A_FILM = 5
"""Lists are asked for more often than films are sent, and take less time to measure."""


class CallerMeter:
    """Adds up the time in which callers are looked up."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._find = caller.find_caller

    def find(self, *asked: Any, **named: Any) -> Any:
        """Look up a caller, as the service does."""
        started = time.perf_counter()
        try:
            return self._find(*asked, **named)
        finally:
            self.seconds += time.perf_counter() - started


@click.command()
@click.option("--rounds", default=20, show_default=True)
def main(rounds: int) -> None:
    """Time both and write benchmarks/results/permissions.json."""
    films, meter = dicom_films(), CallerMeter()
    samples: dict[str, list[float]] = {SCORE: [], OF_SCORE: [], LIST: [], OF_LIST: []}
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder), log_level="error"))
        with TestClient(app, base_url="http://localhost") as client:
            app.state.access.users.add(USER, "reader", Passwords().hash(PASSWORD))
            signed_in = client.post("/v1/session", json={"name": USER, "password": PASSWORD})
            client.headers[CSRF_HEADER] = signed_in.json()["csrf"]
            with patch.object(caller, "find_caller", meter.find):
                for number in range(-WARM_UP, rounds):
                    found = _timed(client, meter, "POST", "/v1/score", films(f"1.2.{number + 9}"))
                    pages = [
                        _timed(client, meter, "GET", f"/v1/worklist?limit={size + 100}")
                        for size in range(PAGES_A_FILM)
                    ]
                    if number >= 0:
                        _keep(samples, (SCORE, OF_SCORE), found)
                        for page in pages:
                            _keep(samples, (LIST, OF_LIST), page)
    of_score, of_list = _two(samples, SCORE, OF_SCORE), _two(samples, LIST, OF_LIST)
    shares = {
        "share_of_score_percent": ratios(of_score, SCORE)[OF_SCORE].median,
        "share_of_worklist_percent": ratios(of_list, LIST)[OF_LIST].median,
    }
    rounded = {name: round(100 * share, 2) for name, share in shares.items()}
    path = write_results("permissions", rounded, of_list, LIST)
    click.echo(table(of_score, SCORE))
    click.echo(table(of_list, LIST))
    click.echo(f"{rounded}: {path}")


def _timed(
    client: TestClient, meter: CallerMeter, method: str, path: str, content: bytes | None = None
) -> tuple[float, float]:
    """Return the milliseconds of a request, and of looking up its caller."""
    time.sleep(REST_S)
    meter.seconds, started = 0.0, time.perf_counter()
    answer = client.request(method, path, content=content)
    elapsed = time.perf_counter() - started
    if answer.status_code != 200:
        raise click.ClickException(f"{method} {path} answers {answer.status_code}.")
    return 1000 * elapsed, 1000 * meter.seconds


def _keep(
    samples: dict[str, list[float]], names: tuple[str, str], found: tuple[float, float]
) -> None:
    for name, milliseconds in zip(names, found, strict=True):
        samples[name].append(milliseconds)


def _two(samples: dict[str, list[float]], *names: str) -> dict[str, list[float]]:
    return {name: samples[name] for name in names}


if __name__ == "__main__":
    main()
