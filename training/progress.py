"""How far a stage has come: a bar in a terminal, a line an epoch in a log file."""

from __future__ import annotations

from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class EpochBar:
    """A bar of ``epochs``, ``done`` of them behind; nothing unless ``shown``."""

    def __init__(self, name: str, epochs: int, done: int, *, shown: bool) -> None:
        self.name, self.epochs, self.done, self.shown = name, epochs, done, shown
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}"),
            disable=not shown,
        )
        self.task = self.bar.add_task(name, total=epochs, completed=done, losses="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.bar.stop()

    def advance(self, losses: str) -> None:
        """Count one epoch, with its losses in words."""
        self.done += 1
        self.bar.update(self.task, advance=1, losses=losses)
        if self.shown and not self.bar.console.is_terminal:
            self.bar.console.print(f"{self.name} {self.done}/{self.epochs} {losses}")
