"""The site file as text: values change, what people wrote beside them stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.items import AbstractTable, AoT, Comment, Item, Null, Table, Whitespace

Tables = Mapping[str, Any]
"""Plain values of the file by key, as :mod:`tomllib` reads them."""


def rewritten(text: str, wanted: Tables) -> str:
    """Return the text with these keys at its top as given; None takes one out.

    Other keys, comments, order and spacing stay. Tables of a list are known again by their
    ``name``, else by being the same, else by their place.
    """
    document = tomlkit.parse(text)
    _hand_on_comments(list(_tables_of(document)))
    for key, value in wanted.items():
        _put(document, key, value)
    return tomlkit.dumps(document)


def _put(table: Container | AbstractTable, key: str, value: Any) -> None:
    present = table.get(key)
    if value is None:
        if present is not None:
            table.remove(key)
    elif isinstance(present, AbstractTable) and isinstance(value, Mapping):
        for name in {**present, **value}:
            _put(present, name, value.get(name))
    elif isinstance(present, AoT) and value:
        _put_each(present, value)
    elif present is None or _plain(present) != value:
        table[key] = _item_of(value)


def _put_each(present: AoT, wanted: Sequence[Tables]) -> None:
    """Have the tables of a list as wanted, in this order."""
    left = list(present.body)
    found = [_taken(left, one) for one in wanted]
    if not all("name" in one for one in wanted):
        spare = iter(left)
        found = [one or next(spare, None) for one in found]
    while len(present):
        del present[0]
    for own, one in zip(found, wanted, strict=True):
        if own is None:
            present.append(_headed(one))
            continue
        for name in {**own, **one}:
            _put(own, name, one.get(name))
        present.append(own)


def _taken(left: list[Table], one: Tables) -> Table | None:
    """Take out the table that one is to become; None where none is plainly that."""
    for place, table in enumerate(left):
        plain = table.unwrap()
        if plain.get("name") == one["name"] if "name" in one else plain == one:
            return left.pop(place)
    return None


def _headed(value: Tables) -> Table:
    """Return a new table of a list, an empty line above its heading."""
    table: Table = tomlkit.item(dict(value))
    table.trivia.indent = "\n"
    return table


def _plain(item: Any) -> Any:
    return item.unwrap() if isinstance(item, Item) else item


def _item_of(value: Any) -> Any:
    """Return a value as the file has it: tables of a list under a heading each."""
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        tables = tomlkit.aot()
        for one in value:
            tables.append(_headed(one))
        return tables
    return tomlkit.item(dict(value) if isinstance(value, Mapping) else value)


def _tables_of(within: Container | Table) -> Iterator[Container | Table]:
    """Yield what has lines of its own, in the order of the file."""
    yield within
    for item in list(within.values()):
        if isinstance(item, Table):
            yield from _tables_of(item)
        elif isinstance(item, AoT):
            for table in item.body:
                yield from _tables_of(table)


def _hand_on_comments(tables: Sequence[Container | Table]) -> None:
    """Give comments above a heading to its table; the parser has them end what is before."""
    for before, after in pairwise(tables):
        body = before.value.body if isinstance(before, Table) else before.body
        for place, (_, item) in enumerate(body):
            heading = item.body[0] if isinstance(item, AoT) and item.body else item
            if isinstance(heading, Table):
                _move_comments(body, place, heading)
        if isinstance(after, Table):
            _move_comments(body, len(body), after)


def _move_comments(body: list[tuple[Any, Item]], end: int, table: Table) -> None:
    """Move what stands between an empty line and an end, and is no value, above a table."""
    first = end
    while first and isinstance(body[first - 1][1], Comment | Whitespace | Null):
        first -= 1
    while first < end and not isinstance(body[first][1], Whitespace):
        first += 1
    above = "".join(item.as_string() for _, item in body[first:end])
    body[first:end] = [(None, Null())] * (end - first)
    table.trivia.indent = above + table.trivia.indent
