"""False alarms of the monitor, and how many films go by until it raises a true one: simulated.

Drawn films are graded by the bundled model as the service does, usual ones and such of a changed
detector and of a gain that is off. Months are drawn from them with replacement: a first month, and
one that is watched, with a look after every 25 films. Patients come back; readers review some of
the films; some deliveries are given up. Of each kind of change as many months are simulated as
asked for, with the change beginning somewhere in the watched one.

    python -m benchmarks.monitor_simulation

It writes benchmarks/results/monitor_simulation.json and the table in
docs/explanation/monitoring.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.stopwatch import RESULTS, write_between
from radiograde.data.phantom import Phantom, PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.model.grading import grade
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.scales import ZONES
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.monitoring.control_chart import GROUP, control_chart
from radiograde.service.monitoring.drift import drifts, last_windows
from radiograde.service.monitoring.film_sample import (
    CATEGORIES,
    NUMBERS,
    OF_MODEL,
    FilmRow,
    FilmSample,
)
from radiograde.service.monitoring.statistics_repository import figures_of

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "monitoring.md"
BEGIN, END = "<!-- simulation -->", "<!-- end of simulation -->"

Random = np.random.Generator

SIDE = 384
GRAIN = {"one": 0.004, "two": 0.006}
NEW_GRAIN, NEW_GAMMA = 0.012, 0.9
GAIN_ERROR = 1.25
AP, NEW_AP = 0.35, 0.75
AGAIN = 0.15
"""Of films that are of a patient who was there shortly before."""

REVIEWED, READER_SHIFT = 0.3, 2.0
EVERY = 25
LOUD = 200
OF_FILMS = {*NUMBERS, *CATEGORIES} - set(OF_MODEL)


@dataclass(frozen=True, slots=True)
class Exposure:
    """How films of machine one are taken: grain, response and gain."""

    grain: float = GRAIN["one"]
    gamma: float = 1.0
    gain: float = 1.0


@dataclass(frozen=True, slots=True)
class Pools:
    """Graded films by machine and view, as usual and after a change of machine one."""

    usual: Sequence[FilmRow]
    detector: Sequence[FilmRow]
    gain: Sequence[FilmRow]


@dataclass(frozen=True, slots=True)
class Month:
    """What a change makes of later films. ``pool``: that they come from. ``ap``: share of AP."""

    pool: Sequence[FilmRow]
    ap: float = AP
    reader_shift: float = 0.0


@click.command()
@click.option("--months", default=200, show_default=True, help="Of each kind.")
@click.option("--films", default=1000, show_default=True, help="A month.")
@click.option("--drawn", default=150, show_default=True, help="Films of each pool.")
def main(months: int, films: int, drawn: int) -> None:
    """Simulate, and write table and results."""
    scorer = Scorer(threads=1)
    pools = Pools(
        list(pool(scorer, drawn, Exposure())),
        list(pool(scorer, drawn, Exposure(grain=NEW_GRAIN, gamma=NEW_GAMMA))),
        list(pool(scorer, drawn, Exposure(gain=GAIN_ERROR))),
    )
    kinds = {
        "no change": None,
        "another detector on one of two machines": Month(pools.detector),
        f"AP films {NEW_AP:.0%} instead of {AP:.0%}": Month(pools.usual, ap=NEW_AP),
        f"gain of one of two machines {GAIN_ERROR - 1:+.0%}": Month(pools.gain),
        f"readers {READER_SHIFT:+.0f} points apart": Month(pools.usual, reader_shift=READER_SHIFT),
    }
    rows = {}
    for number, (name, changed) in enumerate(kinds.items()):
        click.echo(name, err=True)
        outcomes = [
            simulate(np.random.default_rng([number, month]), pools.usual, changed, films)
            for month in range(months)
        ]
        rows[name] = summary(outcomes)
    document = {
        "benchmark": "monitor_simulation",
        "model": scorer.facts.sha256,
        "months": months,
        "films_a_month": films,
        "films_drawn": drawn,
        "kinds": rows,
    }
    (RESULTS / "monitor_simulation.json").write_text(json.dumps(document, indent=2) + "\n")
    write_table(rows, document)
    click.echo(json.dumps(document, indent=2))


def pool(scorer: Scorer, count: int, exposure: Exposure) -> Iterator[FilmRow]:
    """Yield drawn films, graded; the same number is the same patient in every pool."""
    names = {field.name for field in fields(FilmRow)}
    for number in range(count):
        random = np.random.default_rng([7, number])
        machine = "one" if random.random() < 0.6 else "two"
        view = "AP" if number % 2 else "PA"
        involved = random.random() < 0.7
        zones = {zone: float(random.integers(0, 4)) for zone in ZONES if involved}
        drawn = draw(PhantomSpec(SIDE, SIDE * 9 // 10, zones, seed=number))
        used = exposure if machine == "one" else Exposure(grain=GRAIN["two"])
        film = film_bytes(exposed(drawn, used, view, random), machine, view, random)
        file = FilmFile(film, Limits())
        figures = figures_of(grade(file, scorer), file.header)
        known = {name: value for name, value in figures.items() if name in names}
        yield FilmRow(film_id="", graded=datetime.now(UTC), **known)


def exposed(drawn: Phantom, exposure: Exposure, view: str, random: Random) -> Phantom:
    """Return a drawn film as a machine takes it; a film in bed has less contrast."""
    contrast = 0.9 if view == "AP" else 1.0
    pixels = 0.5 + contrast * (drawn.pixels - 0.5)
    pixels = np.clip(pixels, 0, 1) ** exposure.gamma * exposure.gain * random.normal(0.8, 0.04)
    noisy = pixels + random.normal(0, exposure.grain, pixels.shape)
    return replace(drawn, pixels=np.clip(noisy, 0, 1).astype(np.float32))


def film_bytes(drawn: Phantom, machine: str, view: str, random: Random) -> bytes:
    """Return the film as a DICOM file of a machine."""
    ds = to_dicom(drawn)
    ds.ManufacturerModelName = machine
    ds.ViewPosition = view
    ds.PatientAge = f"{int(np.clip(random.normal(60, 15), 18, 90)):03d}Y"
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Outcome:
    """``false``: alarms before the change. ``delay``: films after it until an alarm; None: none."""

    false: bool
    delay: int | None
    features: tuple[str, ...] = ()


def simulate(
    random: Random, usual: Sequence[FilmRow], changed: Month | None, films: int
) -> Outcome:
    """Return what the monitor made of one month after a first one."""
    onset = films if changed is None else int(random.integers(films // 4, films // 2))
    before, after = Month(usual), changed or Month(usual)
    first = month_of(random, before, films)
    watched = [*month_of(random, before, onset), *month_of(random, after, films - onset)]
    reviews = Reviews(random, films, onset, after.reader_shift)
    for count in range(EVERY, films + 1, EVERY):
        found = alarms(FilmSample.of(first), watched[:count], count, films)
        if reviews.alarm(count):
            found.append("agreement")
        if found:
            is_false = count <= onset
            delay = None if is_false else count - onset
            return Outcome(is_false, delay, tuple(found))
    return Outcome(False, None)


def month_of(random: Random, month: Month, films: int) -> list[FilmRow]:
    """Return films as they come: AP in its share, and patients who come back."""
    by_view = {
        view: [row for row in month.pool if (row.view == "AP") == (view == "AP")]
        for view in ("PA", "AP")
    }
    found: list[FilmRow] = []
    for number in range(films):
        if found and random.random() < AGAIN:
            found.append(found[-int(random.integers(1, min(len(found), 20) + 1))])
            continue
        own = by_view["AP" if random.random() < month.ap else "PA"]
        row = own[int(random.integers(len(own)))]
        found.append(replace(row, patient=f"{number}-{random.integers(2**62)}"))
    return found


def alarms(first: FilmSample, watched: Sequence[FilmRow], count: int, films: int) -> list[str]:
    """Return the features that the look after ``count`` films raises an alarm about."""
    return [
        drift.feature
        for sample, level in last_windows(watched, count, films)
        for features in (set(OF_MODEL), OF_FILMS)
        for drift in drifts(sample, first, "site", level, features)
        if drift.is_alarm
    ]


class Reviews:
    """Readers' differences of a first month and of the watched one."""

    def __init__(self, random: Random, films: int, onset: int, shift: float) -> None:
        self._first = self._drawn(random, int(films * REVIEWED), 0.0)
        at = np.sort(random.choice(films, int(films * REVIEWED), replace=False))
        self._at = at
        early = int((at < onset).sum())
        self._later = self._drawn(random, early, 0.0) + self._drawn(random, at.size - early, shift)
        self._a_month = films * REVIEWED

    @staticmethod
    def _drawn(random: Random, count: int, shift: float) -> list[float]:
        """Return differences: four of ten readers accept, others correct."""
        accepts = random.random(count) < 0.4
        corrections = random.normal(0.2 + shift, 1.8, count)
        found: list[float] = np.where(accepts & (shift == 0), 0.0, corrections).tolist()
        return found

    def alarm(self, count: int) -> bool:
        """Return whether a point of the chart lies outside after so many films."""
        known = int((self._at < count).sum())
        before = int((self._at < count - EVERY).sum())
        total = len(self._first)
        if (total + known) // GROUP == (total + before) // GROUP:
            return False
        return control_chart([*self._first, *self._later[:known]], total, self._a_month).is_alarm


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return how many months had a false alarm, and the films until a true one."""
    delays = [one.delay for one in outcomes if one.delay is not None]
    true = [one for one in outcomes if not one.false]
    return {
        "months": len(outcomes),
        "false": sum(one.false for one in outcomes),
        "found": len(delays),
        "found_within_200": sum(delay <= LOUD for delay in delays) / max(len(true), 1),
        "films_median": float(np.median(delays)) if delays else None,
        "films_95": float(np.quantile(delays, 0.95)) if delays else None,
        "films_most": max(delays, default=None),
    }


def write_table(rows: dict[str, dict[str, Any]], document: dict[str, Any]) -> None:
    """Write the table into the page, between its marks."""

    def say(films: float | None) -> str:
        return "–" if films is None else f"{films:.0f}"

    lines = [
        f"{document['months']} months of {document['films_a_month']} films each; made by "
        "`python -m benchmarks.monitor_simulation`.",
        "",
        "| change | months with a false alarm | alarm within 200 films | films until it: median "
        "| 95 of 100 | most |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {row['false']} of {row['months']} "
            f"| {'–' if name == 'no change' else format(row['found_within_200'], '.0%')} "
            f"| {say(row['films_median'])} | {say(row['films_95'])} | {say(row['films_most'])} |"
            for name, row in rows.items()
        ),
    ]
    write_between(PAGE, (BEGIN, END), "\n".join(lines))


if __name__ == "__main__":
    main()
