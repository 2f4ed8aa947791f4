"""Rows as small frozen dataclasses: the fields of one are the columns that a query asks for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import sqlalchemy as sa

Row = TypeVar("Row")

_ASKED_AT_ONCE = 500
"""Ids in one query: databases limit the parameters of a statement."""


def columns_of(table: sa.FromClause, row: type) -> list[sa.ColumnElement[Any]]:
    """Return the columns of a table that a dataclass has fields for, under the fields' names.

    Raises:
        KeyError: the table has no such column.
    """
    names = [field.name for field in dataclasses.fields(row)]
    return [table.c[name].label(name) for name in names]


def rows_of(connection: sa.Connection, query: sa.Select[Any], row: Callable[..., Row]) -> list[Row]:
    """Return what a query finds, each as a ``row``, made from its columns by name."""
    return [row(**found) for found in connection.execute(query).mappings()]


def first_of(
    connection: sa.Connection, query: sa.Select[Any], row: Callable[..., Row]
) -> Row | None:
    """Return the first row that a query finds; None where it finds none."""
    found = connection.execute(query).mappings().first()
    return None if found is None else row(**found)


def in_parts(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield ids in parts, in their order, each few enough for one query."""
    wanted = list(ids)
    for start in range(0, len(wanted), _ASKED_AT_ONCE):
        yield wanted[start : start + _ASKED_AT_ONCE]
