"""``score --parquet``: the table of scores as a Parquet file, typed by column."""

from __future__ import annotations

import contextlib
from importlib.util import find_spec
from pathlib import Path

import click

from radiograde.service.atomic_write import hidden_beside
from radiograde.service.grading.score_row import ARROW_TYPES


def check_pyarrow() -> None:
    """Say at once that the library is missing, not when all films are graded.

    Raises:
        click.UsageError: it is not installed.
    """
    if find_spec("pyarrow") is None:
        raise click.UsageError("--parquet needs pyarrow: pip install 'radiograde[parquet]'.")


def write_parquet(table: Path, path: Path) -> None:
    """Write a table of scores to a Parquet file, a part at a time; what was there is replaced.

    Texts are strings, sizes and times 64-bit integers, scores 64-bit floats; empty cells are null.

    Raises:
        OSError: it cannot be written; no part of it is left.
    """
    from pyarrow import csv, parquet

    options = csv.ConvertOptions(
        column_types=ARROW_TYPES, null_values=[""], strings_can_be_null=True
    )
    lines = csv.ParseOptions(newlines_in_values=True)
    partial = hidden_beside(path)
    try:
        with (
            csv.open_csv(table, parse_options=lines, convert_options=options) as rows,
            parquet.ParquetWriter(partial, rows.schema) as writer,
        ):
            for batch in rows:
                writer.write_batch(batch)
        partial.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
