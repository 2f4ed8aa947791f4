"""A hospital's own table, brought into the manifest's columns by a short file of TOML or YAML.

source = "st-elsewhere"
license = "internal use"
table = "reports.csv"
joins = false                 # true: more labels for films that another manifest names

[only]                        # rows that say this, where not all are wanted
Modality = ["CR", "DX"]

[columns]                     # the manifest's column, and theirs
image = "films/{StudyID}.dcm" # or a column's plain name
patient = "MRN"
brixia_chief = "Severity total"
brixia_chief_A = "RUL"
read = "Class"

[values.read]                 # their words, and the manifest's
"no pneumonia" = "negative"

[constants]                   # the same for every film
view = "AP"

[boxes]
format = "coco"               # or "yolo"
path = "annotations.json"     # with yolo the folder of text files
classes = ["opacity"]         # with yolo their numbers; without it all count
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radiograde.data.errors import CollectionError
from radiograde.data.importing.boxes import coco_boxes, yolo_boxes
from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.source import Source, read_table
from radiograde.data.rows import used_columns
from radiograde.data.table import normalise

FILES = frozenset(
    [
        "image",
        "lung_mask",
        "right_lung_mask",
        "left_lung_mask",
        "ground_glass_mask",
        "consolidation_mask",
    ]
)
TEXTS = ("source", "license", "delimiter")
PARTS = {"table", *TEXTS, "joins", "only", "columns", "values", "constants", "boxes"}
BOX_FORMATS = ("coco", "yolo")
FIELD = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class BoxFiles:
    """Where boxes lie: a COCO file, or a folder of YOLO's; ``classes``: those that count."""

    format: str
    path: str
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping file, checked. Keys of ``columns`` and ``constants`` are the manifest's columns.

    ``only``: by their column the words, in lower case, of which a row has one. ``joins``: whether
    the rows are more labels for films of another manifest.
    """

    table: str
    columns: Mapping[str, str]
    source: str = "own"
    license: str = ""
    delimiter: str = ""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    boxes: BoxFiles | None = None
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    joins: bool = False

    def collection(self) -> Collection:
        """Return the mapping as a collection that can be imported."""
        layout = f"{self.table}, and the films that it names"
        return Collection(
            self.source, self.source, self.license, layout, self._rows, joins=self.joins
        )

    def _rows(self, source: Source) -> Iterator[Row]:
        table = read_table(_file(source, self.table, needed=True), delimiter=self.delimiter)
        self._check_columns(table)
        boxes = _Boxes(self.boxes, source)
        for line in filter(self._is_wanted, table):
            row: Row = {**self.constants}
            for column, theirs in self.columns.items():
                cell = _cell(line, theirs)
                meanings = self.values.get(column, {})
                cell = meanings.get(cell.lower(), cell)
                row[column] = _file(source, cell) if column in FILES else cell
            yield row | boxes.of(row["image"])

    def _is_wanted(self, line: Mapping[str, str]) -> bool:
        return all(line[column].lower() in words for column, words in self.only.items())

    def _check_columns(self, table: Sequence[Mapping[str, str]]) -> None:
        known = set(table[0]) if table else set()
        wanted = {name for theirs in self.columns.values() for name in _fields(theirs)}
        wanted |= self.only.keys()
        if wanted - known:
            lacking = ", ".join(sorted(wanted - known))
            raise CollectionError(f"The table has no column {lacking}.")


class _Boxes:
    """The boxes of films, of whatever format."""

    def __init__(self, files: BoxFiles | None, source: Source) -> None:
        self._files = files
        self._coco: Mapping[str, list[str]] = {}
        self._yolo: Mapping[str, Path] = {}
        if files is not None and files.format == "coco":
            path = _file(source, files.path, needed=True)
            self._coco = coco_boxes(path, files.classes)
        elif files is not None:
            self._yolo = source.by_stem(*Path(files.path).parts, suffixes=(".txt",))

    def of(self, image: Any) -> Row:
        """Return a film's columns of boxes; a film that was not looked at has none."""
        if self._files is None or not isinstance(image, Path):
            return {}
        if self._files.format == "coco":
            boxes = self._coco.get(image.name)
        else:
            boxes = yolo_boxes(image, self._yolo, self._files.classes)
        return {} if boxes is None else {"boxes": ";".join(boxes), "boxes_read": "yes"}


def read_mapping(path: Path) -> Mapped:
    """Return the mapping in a TOML or YAML file.

    Raises CollectionError for a file that cannot be read, a part or a column that nobody knows, or
    one without ``table``, ``image`` or ``patient``.
    """
    content = _content(path)
    unknown = content.keys() - PARTS
    if unknown:
        raise CollectionError(f"The mapping has no part {', '.join(sorted(unknown))}.")
    columns = _texts(content, "columns")
    constants = _texts(content, "constants")
    named = [*columns, *constants]
    for column in ("image", "patient"):
        if column not in columns:
            raise CollectionError(f"The mapping needs {column} among its columns.")
    plain = normalise(tuple(named))
    used = used_columns(plain)
    strange = [name for name, own in zip(named, plain, strict=True) if own not in used]
    if strange:
        raise CollectionError(f"The manifest has no column {', '.join(strange)}.")
    if not isinstance(content.get("table"), str):
        raise CollectionError("The mapping needs table, the name of the CSV.")
    texts = {name: str(content[name]) for name in TEXTS if name in content}
    return Mapped(
        table=content["table"],
        columns=columns,
        values={column: _words(words) for column, words in _part(content, "values").items()},
        constants=constants,
        boxes=_box_files(_part(content, "boxes")),
        only={column: _choices(words) for column, words in _part(content, "only").items()},
        joins=content.get("joins", False) is True,
        **texts,
    )


def _content(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        is_yaml = path.suffix.lower() in (".yaml", ".yml")
        content = _yaml(text) if is_yaml else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise CollectionError(f"The mapping cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise CollectionError("The mapping is no table of names and values.")
    return content


def _yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise CollectionError("YAML needs PyYAML: pip install pyyaml, or write TOML.") from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = content.get(name) or {}
    if not isinstance(part, Mapping):
        raise CollectionError(f"{name} is no table of names and values.")
    return part


def _texts(content: Mapping[str, Any], name: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in _part(content, name).items()}


def _words(words: Any) -> dict[str, str]:
    if not isinstance(words, Mapping):
        raise CollectionError("values holds a table of words for each column.")
    return {str(word).lower(): str(meaning) for word, meaning in words.items()}


def _choices(words: Any) -> tuple[str, ...]:
    listed = words if isinstance(words, list) else [words]
    return tuple(str(word).lower() for word in listed)


def _box_files(part: Mapping[str, Any]) -> BoxFiles | None:
    if not part:
        return None
    if part.get("format") not in BOX_FORMATS or not isinstance(part.get("path"), str):
        raise CollectionError("boxes needs a format, coco or yolo, and a path.")
    classes = tuple(map(str, part.get("classes") or ()))
    return BoxFiles(part["format"], part["path"], classes)


def _fields(theirs: str) -> list[str]:
    """Return the columns that a template names; a text without braces is a column itself."""
    return FIELD.findall(theirs) or [theirs]


def _cell(line: Mapping[str, str], theirs: str) -> str:
    if not FIELD.search(theirs):
        return line[theirs]
    return FIELD.sub(lambda match: line[match[1]], theirs)


def _file(source: Source, name: str, *, needed: bool = False) -> Any:
    """Return a file by its path below the folder, else by its name alone; None without one."""
    plain = name.replace("\\", "/")
    path = source.folder / plain
    if plain and path.is_file():
        return path
    found = source.by_name.get(Path(plain).name) if plain else None
    if found is None and needed:
        raise CollectionError(f"There is no {name} in the folder.")
    return found
