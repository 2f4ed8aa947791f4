"""The folder of a collection as somebody downloaded and unpacked it, and the tables in it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from radiograde.data.errors import CollectionError
from radiograde.data.film_header import dicom_header
from radiograde.model.reading.dicom_header import Header

DELIMITERS = ",;\t"


class Source:
    """Files below ``folder``, found by name however deep an archive was unpacked.

    ``made``: the folder for films that have to be converted.
    """

    def __init__(self, folder: Path, made: Path) -> None:
        self.folder = folder.resolve()
        self.made = made

    @cached_property
    def paths(self) -> Sequence[Path]:
        """Every file, the shallowest first."""
        found = [Path(root, name) for root, _, names in os.walk(self.folder) for name in names]
        return sorted(found, key=lambda path: (len(path.parts), path))

    def find(self, *names: str) -> Path | None:
        """Return the first file whose name matches one of the patterns; case plays no part."""
        for name in names:
            for path in self.paths:
                if Path(path.name.lower()).match(name.lower()):
                    return path
        return None

    def need(self, *names: str) -> Path:
        """Return what :meth:`find` does. Raises CollectionError where there is none."""
        path = self.find(*names)
        if path is None:
            raise CollectionError(f"There is no {' or '.join(names)} in the folder or below it.")
        return path

    def below(self, *folders: str, suffixes: Sequence[str]) -> Iterator[Path]:
        """Yield files of these suffixes whose path holds the folders, in this order."""
        wanted = [folder.lower() for folder in folders]
        for path in self.paths:
            parents = [part.lower() for part in path.relative_to(self.folder).parts[:-1]]
            if path.suffix.lower() in suffixes and _is_part(wanted, parents):
                yield path

    def by_stem(self, *folders: str, suffixes: Sequence[str]) -> dict[str, Path]:
        """Return the files of :meth:`below` by their names without suffix; the first one wins."""
        found: dict[str, Path] = {}
        for path in self.below(*folders, suffixes=suffixes):
            found.setdefault(path.stem, path)
        return found

    @cached_property
    def by_name(self) -> Mapping[str, Path]:
        """Every file by its name; the shallowest wins."""
        return {path.name: path for path in reversed(self.paths)}


def read_table(path: Path, *, skip: int = 0, delimiter: str = "") -> list[dict[str, str]]:
    """Return a CSV's rows by column, cells stripped; ``skip``: lines before the header.

    Of columns that have the same name, the second is called NAME.1 and so on. Lines that begin
    with ``#`` are remarks. Raises CollectionError.
    """
    lines = [line for line in _text(path).splitlines() if not line.startswith("#")][skip:]
    first = lines[0] if lines else ""
    separator = delimiter or max(DELIMITERS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))
    except csv.Error as error:
        raise CollectionError(f"{path.name} is no readable CSV.") from error
    header = _distinct([name.strip() for name in rows[0]]) if rows else []
    return [
        dict(zip(header, [*map(str.strip, row), *[""] * len(header)], strict=False))
        for row in rows[1:]
        if any(map(str.strip, row))
    ]


def column_of(rows: Sequence[Mapping[str, str]], *words: str, nth: int = 0) -> str | None:
    """Return the n-th column whose name holds all the words; case plays no part."""
    names = list(rows[0]) if rows else []
    fitting = [name for name in names if all(word in name.lower() for word in words)]
    return fitting[nth] if nth < len(fitting) else None


def header_of(path: Path) -> Header | None:
    """Return a DICOM film's header; None where there is none."""
    try:
        return dicom_header(path)
    except OSError:
        return None


def facts_of(header: Header | None) -> dict[str, str]:
    """Return sex and age as a DICOM header states them."""
    if header is None:
        return {}
    sex = (header.text("PatientSex") or "").upper()
    age = header.text("PatientAge") or ""
    facts = {"sex": sex if sex in ("M", "F", "O") else "", "age": age.upper()}
    return {name: fact for name, fact in facts.items() if fact and fact != "000Y"}


def _is_part(wanted: Sequence[str], parents: Sequence[str]) -> bool:
    rest = iter(parents)
    return all(folder in rest for folder in wanted)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CollectionError(f"{path.name} cannot be read.") from error
    for encoding in ("utf-8-sig", "latin-1"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CollectionError(f"{path.name} is no text.")


def _distinct(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    found = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.append(f"{name}.{count}" if count else name)
    return found
