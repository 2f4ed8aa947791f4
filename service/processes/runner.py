"""Where work is done that computes for long: where it is asked for, or in another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class WorkRunner(Protocol):
    """Does what computes for long; safe to share among threads."""

    def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Return ``work(*arguments)``: a function of a module, and what can be pickled.

        Raises:
            CutShortError: it ended before it was done.
            Exception: whatever the work raises.
        """
        ...

    def close(self) -> None:
        """End what is being done."""
        ...


class InlineRunner:
    """Does it at once, on the thread that asks."""

    def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Return ``work(*arguments)``."""
        return work(*arguments)

    def close(self) -> None:
        """Do nothing."""


INLINE = InlineRunner()
