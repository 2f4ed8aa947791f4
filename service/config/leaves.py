"""Nested tables, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def leaves(path: tuple[str | int, ...], value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield each place in nested tables with the plain value there."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves((*path, key), inner)
    elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        for number, inner in enumerate(value):
            yield from leaves((*path, number), inner)
    else:
        yield path, value
