"""What every import has in common: rows written as a manifest, patients under pseudonyms."""

from __future__ import annotations

import csv
import hashlib
import hmac
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from radiograde.data.errors import CollectionError
from radiograde.data.importing.source import Source

MANIFEST = "manifest.csv"
FILES = "files"
FIRST_COLUMNS = ("image", "patient", "source", "view", "sex", "age", "finding", "read")
LAST_COLUMNS = ("license",)
PSEUDONYM_LENGTH = 12

Cell = str | int | float | Path | None
Row = dict[str, Cell]
"""One film in the manifest's columns. Files are absolute paths; ``patient`` is the original id."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection and how its published layout is read.

    ``layout``: what has to lie in the folder, in words. ``rows``: yields every film that the
    collection lists; ``image`` is None where its file is not there. ``joins``: whether the rows are
    more labels for films of another manifest: patients keep the ids that they have there, and
    neither source nor licence is said again.
    """

    name: str
    title: str
    license: str
    layout: str
    rows: Callable[[Source], Iterable[Row]]
    joins: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import wrote. ``missing``: films that are listed and not there."""

    manifest: Path
    films: int
    patients: int
    missing: int


def import_collection(
    collection: Collection,
    folder: Path,
    out: Path,
    *,
    key: bytes | None = None,
    copy: bool = False,
    watch: Callable[[Iterable[Row]], Iterable[Row]] = iter,
) -> Imported:
    """Write ``out``/manifest.csv for the collection in ``folder``.

    Files stay where they are, and the manifest counts on them; with ``copy`` they are copied below
    ``out`` under numbers. Patients become pseudonyms: of their id and the collection's name, and
    with ``key`` of that too, so that nobody without it can try ids out.

    Raises:
        CollectionError: the folder holds no such collection, or ``out`` a manifest already.
        OSError: something cannot be written.
    """
    if not folder.is_dir():
        raise CollectionError("The collection's folder does not exist.")
    if (out / MANIFEST).exists():
        raise CollectionError("There is a manifest in the folder already. Name a new one.")
    out.mkdir(parents=True, exist_ok=True)
    source = Source(folder, out / FILES)
    listed = list(watch(collection.rows(source)))
    rows = [row for row in listed if isinstance(row["image"], Path)]
    if not rows:
        raise CollectionError(f"No film of the collection was found. Needed: {collection.layout}")
    placed = [_placed(row, number, out, copy=copy) for number, row in enumerate(rows, 1)]
    for row in [] if collection.joins else placed:
        row["patient"] = pseudonym(collection.name, str(row["patient"]), key)
        row.setdefault("source", collection.name)
        row.setdefault("license", collection.license)
    _write(out / MANIFEST, placed)
    patients = len({row["patient"] for row in placed})
    return Imported(out / MANIFEST, len(placed), patients, len(listed) - len(rows))


def pseudonym(collection: str, patient: str, key: bytes | None = None) -> str:
    """Return a name for a patient that is the same in every import of a collection."""
    text = f"{collection}\n{patient}".encode()
    digest = hmac.digest(key, text, "sha256") if key else hashlib.sha256(text).digest()
    return f"{collection}-{digest.hex()[:PSEUDONYM_LENGTH]}"


def _placed(row: Row, number: int, out: Path, *, copy: bool) -> Row:
    """Return the row with paths that count from ``out``, its files copied there if wanted."""
    placed = dict(row)
    for column, cell in row.items():
        if isinstance(cell, Path):
            target = out / FILES / f"{number:06d}-{column}{cell.suffix.lower()}"
            if copy and out not in cell.parents:
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(cell, target)
                cell = target
            placed[column] = _relative(cell, out)
    return placed


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        return path.as_posix()


def _write(path: Path, rows: Iterable[Row]) -> None:
    rows = list(rows)
    found = dict.fromkeys(column for row in rows for column in row)
    columns = [name for name in (*FIRST_COLUMNS, *_middle(found), *LAST_COLUMNS) if name in found]
    used = [name for name in columns if any(row.get(name) not in (None, "") for row in rows)]
    with path.open("x", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, used, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _middle(columns: Iterable[str]) -> Iterator[str]:
    return (name for name in columns if name not in FIRST_COLUMNS and name not in LAST_COLUMNS)
