"""Rows that are there whole or not at all, and one of each film in the table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from radiograde.service.errors import ExportError
from radiograde.service.fleet.score_parts import TABLE, ScoreParts
from radiograde.service.grading.score_row import Mark, row_of
from tests.service.fakes import scored


def row(mark: Mark, film_id: str) -> dict[str, object]:
    return row_of(mark, scored()) | {"id": film_id}


@pytest.fixture
def parts(tmp_path: Path) -> ScoreParts:
    parts = ScoreParts(str(tmp_path / "out"))
    parts.prepare()
    return parts


def table(tmp_path: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = parquet.read_table(tmp_path / "out" / TABLE).to_pylist()
    return rows


def test_what_was_written_is_found_and_counted(parts: ScoreParts) -> None:
    assert list(parts.marks()) == []
    assert parts.statuses("one") is None
    parts.write("one", [row(("a", 1, 2), "01"), row(("b", 3, 4), "02")])
    assert sorted(parts.marks()) == [("a", 1, 2), ("b", 3, 4)]
    assert parts.statuses("one") == ["scored", "scored"]


def test_the_table_has_one_row_a_film_and_the_last_one(parts: ScoreParts, tmp_path: Path) -> None:
    parts.write("zz", [row(("b", 1, 1), "01"), row(("a", 1, 1), "02")])
    parts.write("aa", [row(("a", 1, 9), "03")])
    parts.write("twice", [row(("b", 1, 1), "00")])
    assert parts.merge() == 2
    assert [(one["file"], one["id"]) for one in table(tmp_path)] == [("a", "03"), ("b", "01")]
    assert [one["modified_ns"] for one in table(tmp_path)] == [9, 1]


def test_a_part_that_comes_again_replaces_itself(parts: ScoreParts, tmp_path: Path) -> None:
    for film_id in ("01", "02"):
        parts.write("one", [row(("a", 1, 2), film_id)])
    assert list(parts.marks()) == [("a", 1, 2)]
    assert parts.merge() == 1
    assert table(tmp_path)[0]["id"] == "02"


def test_empty_cells_are_null_and_scores_have_three_decimals(
    parts: ScoreParts, tmp_path: Path
) -> None:
    parts.write("one", [row(("a", 1, 2), "01")])
    parts.merge()
    (found,) = table(tmp_path)
    assert (found["error"], found["sop_instance_uid"]) == (None, None)
    assert (found["brixia"], found["zone_C"]) == (6.7, 2.4)


def test_what_a_killed_writer_left_is_no_part_and_goes(parts: ScoreParts, tmp_path: Path) -> None:
    half = tmp_path / "out" / "parts" / ".one.parquet.0123.part"
    half.write_bytes(b"PAR1")
    assert list(parts.marks()) == []
    parts.prepare()
    assert not half.exists()


def test_a_store_of_objects_holds_them_too() -> None:
    parts = ScoreParts("memory://scores")
    parts.prepare()
    parts.write("one", [row(("a", 1, 2), "01")])
    assert list(parts.marks()) == [("a", 1, 2)]
    assert parts.statuses("one") == ["scored"]
    assert parts.statuses("two") is None
    assert parts.merge() == 1


def test_other_tables_are_not_taken_for_parts(parts: ScoreParts, tmp_path: Path) -> None:
    (tmp_path / "out" / "parts" / "foreign.parquet").write_bytes(b"no table")
    with pytest.raises(ExportError, match="Name another folder"):
        list(parts.marks())
    parquet.write_table(pa.table({"x": [1]}), tmp_path / "out" / "parts" / "foreign.parquet")
    with pytest.raises(ExportError, match="Name another folder"):
        list(parts.marks())
