"""Which name a misspelt one meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return a question after the nearest known name, ready to be added; empty without one.

    ``prefix``: what known names begin with, which says nothing of how near they are.
    """
    endings = {one.removeprefix(prefix): one for one in sorted(known)}
    near = get_close_matches(name.removeprefix(prefix), endings, n=1, cutoff=0.7)
    return f". Did you mean {endings[near[0]]}?" if near else ""
