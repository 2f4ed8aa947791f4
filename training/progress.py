"""How far the stages have come: bars in a terminal; elsewhere lines, with the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, Self, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    track,
)

SECONDS_A_LINE = 60.0
"""Without a terminal a stage says no more often how far it is."""

Step = TypeVar("Step")


class StageProgress(NamedTuple):
    """A stage after ``done`` of its ``epochs``, with its losses, or what is going on, in words.

    ``done`` counts parts of an epoch too. ``losses``: of the epoch that has just ended, by term.
    """

    stage: str
    done: float
    epochs: int
    note: str = ""
    losses: Mapping[str, float] = {}


OnProgress = Callable[[StageProgress], None]


class Pace:
    """When a stage next says how far it is, and how long the rest will take at its pace."""

    def __init__(self, done: float, seconds_a_line: float = SECONDS_A_LINE) -> None:
        self.first, self.began = done, time.monotonic()
        self.spoke, self.every = self.began, seconds_a_line

    def is_due(self) -> bool:
        """Return whether it has been silent for long enough, and count from now if so."""
        now = time.monotonic()
        due = now - self.spoke >= self.every
        if due:
            self.spoke = now
        return due

    def left(self, done: float, total: float) -> str:
        """Return the time left in words; '' where nothing tells, or nothing is left."""
        gone = done - self.first
        if gone <= 0 or done >= total:
            return ""
        seconds = (time.monotonic() - self.began) / gone * (total - done)
        return f", {in_words(seconds)} left"


def in_words(seconds: float) -> str:
    """Return a time to wait: seconds, minutes, or hours and minutes."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{round(seconds)} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def followed(
    steps: Iterable[Step], what: str, total: int, *, shown: bool = True, stderr: bool = False
) -> Iterator[Step]:
    """Pass the steps on, with a bar in a terminal, and a line a minute elsewhere.

    ``stderr``: where stdout is for what the command found.
    """
    console = Console(soft_wrap=True, stderr=stderr)
    if not shown:
        yield from steps
        return
    if console.is_terminal:
        yield from track(steps, what, total, console=console)
        return
    pace = Pace(0)
    for number, step in enumerate(steps, 1):
        yield step
        if number == total or pace.is_due():
            console.print(f"{what}: {number} of {total}{pace.left(number, total)}")


class ProgressBars:
    """A bar or a line for every stage that reports; nothing unless ``shown``."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self.console = Console(soft_wrap=True, highlight=False)
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self.console,
            disable=not (shown and self.console.is_terminal),
        )
        self.tasks: dict[str, TaskID] = {}
        self.paces: dict[str, Pace] = {}

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.bars.stop()

    def show(self, progress: StageProgress) -> None:
        """Bring a stage's bar to where it is, or print a line where there is no terminal."""
        if not self.shown:
            return
        if self.console.is_terminal:
            self._move_bar(progress)
        else:
            self._print(progress)

    def _move_bar(self, progress: StageProgress) -> None:
        stage, done, epochs, note, _ = progress
        if stage not in self.tasks:
            self.tasks[stage] = self.bars.add_task(stage, total=epochs, note=note)
        self.bars.update(self.tasks[stage], completed=done)
        if note:
            self.bars.update(self.tasks[stage], note=note)

    def _print(self, progress: StageProgress) -> None:
        stage, done, epochs, note, _ = progress
        if stage not in self.paces:
            self.paces[stage] = Pace(done)
        pace = self.paces[stage]
        if note or pace.is_due():
            share = f"{done:.1f}".removesuffix(".0")
            self.console.print(f"{stage} {share}/{epochs}{pace.left(done, epochs)} {note}".rstrip())
