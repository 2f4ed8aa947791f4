"""How far the stages have come: a bar each in a terminal, a line an epoch in a log file."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class StageProgress(NamedTuple):
    """A stage after ``done`` of its ``epochs``, with its losses, or what is going on, in words."""

    stage: str
    done: int
    epochs: int
    note: str = ""


OnProgress = Callable[[StageProgress], None]


class ProgressBars:
    """A bar for every stage that reports; nothing unless ``shown``."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            disable=not shown,
        )
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.bars.stop()

    def show(self, progress: StageProgress) -> None:
        """Bring a stage's bar to where it is."""
        stage, done, epochs, note = progress
        if stage not in self.tasks:
            self.tasks[stage] = self.bars.add_task(stage, total=epochs, completed=done, note=note)
        self.bars.update(self.tasks[stage], completed=done, note=note)
        if self.shown and not self.bars.console.is_terminal and note:
            self.bars.console.print(f"{stage} {done}/{epochs} {note}")
