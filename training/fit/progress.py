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


class Epoch(NamedTuple):
    """A stage after ``done`` of its ``epochs``, with its losses, or what is going on, in words."""

    stage: str
    done: int
    epochs: int
    note: str = ""


Report = Callable[[Epoch], None]


class StageBars:
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

    def show(self, epoch: Epoch) -> None:
        """Bring a stage's bar to where it is."""
        if epoch.stage not in self.tasks:
            self.tasks[epoch.stage] = self.bars.add_task(
                epoch.stage, total=epoch.epochs, completed=epoch.done, note=epoch.note
            )
        self.bars.update(self.tasks[epoch.stage], completed=epoch.done, note=epoch.note)
        if self.shown and not self.bars.console.is_terminal and epoch.note:
            self.bars.console.print(f"{epoch.stage} {epoch.done}/{epoch.epochs} {epoch.note}")
