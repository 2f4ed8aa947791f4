"""The folder of a run: parts with the rows of one chunk each, and the table that is made of them.

    parts/<name of a chunk>.parquet    there whole or not at all; what has a row in one is done
    scores.parquet                     one row a film, written when a run ends

Of several rows of a film, which has changed or was graded by two runs at once, the last one counts.
"""

from __future__ import annotations

import errno
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem
from pyarrow import compute, dataset, parquet

from radiograde.service.atomic_write import drop_half_written, make_folder, write_atomically
from radiograde.service.errors import ExportError
from radiograde.service.fleet.store_url import store_at
from radiograde.service.grading.score_row import ARROW_TYPES, Mark

TABLE = "scores.parquet"
_SCHEMA = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in ARROW_TYPES.items()])
_MARK = ["file", "bytes", "modified_ns"]


class ScoreParts:
    """The parts of a run in a folder, or below a URL that fsspec knows."""

    def __init__(self, place: str) -> None:
        """Take a place, where nothing has to be yet. Raises ConfigurationError: see store_at."""
        self._files, self._root = store_at(place)
        self._folder = f"{self._root}/parts"

    def prepare(self) -> None:
        """Make the folder; take away what a writer that was killed left. Raises OSError."""
        if isinstance(self._files, LocalFileSystem):
            make_folder(Path(self._folder))
            drop_half_written(Path(self._folder))

    def marks(self) -> Iterator[Mark]:
        """Yield the marks of the films that have a row.

        Raises:
            ExportError: a part is none of this command.
        """
        try:
            for batch in self._dataset().to_batches(columns=_MARK):
                if batch["file"].null_count:
                    raise self._foreign()
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
        except pa.ArrowInvalid as error:
            raise self._foreign() from error

    def statuses(self, name: str) -> list[str] | None:
        """Return the status of each film of a part; None where there is none of this name."""
        if not self._files.exists(self._path(name)):
            return None
        content = io.BytesIO(self._files.cat_file(self._path(name)))
        found: list[str] = parquet.read_table(content, columns=["status"])["status"].to_pylist()
        return found

    def write(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Write a part, whole or not at all; one of the same name is replaced. Raises OSError."""
        table = pa.Table.from_pylist([_typed(row) for row in rows], schema=_SCHEMA)
        content = io.BytesIO()
        parquet.write_table(table, content)
        self._put(self._path(name), content.getvalue())

    def merge(self) -> int:
        """Write the table with one row a film, in the order of their names; return how many.

        It is held in memory for it: a million films take some 700 MB.

        Raises:
            OSError: it cannot be written.
        """
        rows = self._dataset().to_table()
        last = rows.select(["file", "id"]).group_by("file").aggregate([("id", "max")])["id_max"]
        rows = rows.filter(compute.is_in(rows["id"], value_set=last)).sort_by("file")
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder, TABLE)
            parquet.write_table(rows, made)
            self._put(f"{self._root}/{TABLE}", made.read_bytes())
        return int(rows.num_rows)

    def _put(self, path: str, content: bytes) -> None:
        """Write a file at once: an object is there once all of it has come."""
        if isinstance(self._files, LocalFileSystem):
            write_atomically(Path(path), content)
            return
        try:
            self._files.pipe_file(path, content)
        except Exception as error:
            raise OSError(errno.EIO, type(error).__name__, path) from error

    def _dataset(self) -> Any:
        names = sorted(
            name
            for name in self._files.find(self._folder)
            if name.endswith(".parquet") and not PurePath(name).name.startswith(".")
        )
        return dataset.dataset(names, schema=_SCHEMA, filesystem=self._files, format="parquet")

    def _foreign(self) -> ExportError:
        return ExportError(f"{self._folder} holds other tables. Name another folder.")

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}.parquet"


def _typed(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row's cells as Parquet holds them; empty ones are null, as in a CSV file."""
    return {
        name: float(str(cell)) if ARROW_TYPES[name] == "float64" else cell
        for name, cell in row.items()
        if cell not in (None, "")
    }
