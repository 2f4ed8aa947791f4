"""``score --table``: an answer for each file, and a run that goes on where another was ended."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.grading.score_row import COLUMNS, TEXTS, WHOLE_NUMBERS
from tests.service.fakes import FakeScorer, png


class CountingScorer(FakeScorer):
    """Counts the films that it grades; ends the run like Ctrl+C before one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.ends_at: int | None = None

    def score(self, radiograph: Radiograph) -> SeverityResult:
        if self.seen == self.ends_at:
            raise KeyboardInterrupt
        self.seen += 1
        return super().score(radiograph)


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch) -> CountingScorer:
    counting = CountingScorer()
    monkeypatch.setattr("radiograde.service.grading.load_scorer.load_scorer", lambda _: counting)
    return counting


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of six pictures, a broken film and a text."""
    films = tmp_path / "films"
    films.mkdir()
    for number in range(6):
        (films / f"{number}.png").write_bytes(png(grey=number))
    (films / "broken.dcm").write_bytes(b"x")
    (films / "notes.txt").touch()
    return films


def run(folder: Path, *more: str) -> Result:
    table = folder.parent / "scores.csv"
    arguments = ["score", str(folder), "--table", str(table), "--workers", "1", *more]
    return CliRunner().invoke(main, arguments)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder.parent / "scores.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("scorer")
def test_each_file_has_a_row_with_its_scores_or_its_error(folder: Path) -> None:
    shown = run(folder)
    assert shown.exit_code == 3
    assert "6 scored, 0 rejected, 1 failed; 0 had a row. 1 other files." in shown.stderr
    answers = {Path(row["file"]).name: row for row in rows(folder)}
    assert sorted(answers) == ["0.png", "1.png", "2.png", "3.png", "4.png", "5.png", "broken.dcm"]
    scored, failed = answers["0.png"], answers["broken.dcm"]
    assert (scored["status"], scored["severity"], scored["error"]) == ("scored", "moderate", "")
    assert float(scored["brixia_low"]) < float(scored["brixia"]) < float(scored["brixia_high"])
    zones = sum(float(scored[f"zone_{name}"]) for name in "ABCDEF")
    assert zones == pytest.approx(float(scored["brixia"]), abs=0.01)
    assert int(scored["bytes"]) == (folder / "0.png").stat().st_size
    assert failed["status"] == "failed"
    assert failed["error"]
    assert failed["brixia"] == ""


def test_what_has_a_row_is_passed_over_and_not_opened(folder: Path, scorer: CountingScorer) -> None:
    run(folder)
    for path in folder.iterdir():
        path.chmod(0)
    (folder / "new.png").write_bytes(png(grey=99))
    shown = run(folder)
    assert shown.exit_code == 0
    assert "1 scored, 0 rejected, 0 failed; 7 had a row" in shown.stderr
    assert scorer.seen == 7
    assert len(rows(folder)) == 8


def test_a_film_that_has_changed_is_graded_again(folder: Path, scorer: CountingScorer) -> None:
    run(folder)
    os.utime(folder / "3.png", ns=(0, 10**18))
    run(folder)
    assert scorer.seen == 7
    assert [Path(row["file"]).name for row in rows(folder)][-1] == "3.png"


def test_a_run_that_was_ended_goes_on(folder: Path, scorer: CountingScorer) -> None:
    scorer.ends_at = 3
    shown = run(folder)
    assert shown.exit_code == 1
    assert "The same command goes on from here" in shown.stderr
    assert [Path(row["file"]).name for row in rows(folder)] == ["0.png", "1.png", "2.png"]
    scorer.ends_at = None
    run(folder)
    assert len(rows(folder)) == 7
    assert len({row["file"] for row in rows(folder)}) == 7


def test_a_row_that_was_cut_short_is_written_anew(folder: Path, scorer: CountingScorer) -> None:
    run(folder)
    table = folder.parent / "scores.csv"
    whole = table.read_bytes()
    table.write_bytes(whole[:-20])
    run(folder)
    assert scorer.seen == 6
    assert len(rows(folder)) == 7
    assert {row["status"] for row in rows(folder)} == {"scored", "failed"}


@pytest.mark.usefixtures("scorer")
def test_a_table_that_was_cut_short_at_its_head_begins_anew(folder: Path) -> None:
    (folder.parent / "scores.csv").write_text("file,bytes,modi")
    run(folder)
    assert len(rows(folder)) == 7


@pytest.mark.usefixtures("scorer")
def test_a_file_without_a_suffix_that_has_a_row_is_not_opened(folder: Path) -> None:
    (folder / "0.png").rename(folder / "IM0001")
    run(folder)
    size = (folder / "IM0001").stat().st_size
    modified = (folder / "IM0001").stat().st_mtime_ns
    (folder / "IM0001").write_bytes(bytes(size))
    os.utime(folder / "IM0001", ns=(modified, modified))
    assert "7 had a row" in run(folder).stderr


@pytest.mark.usefixtures("scorer")
def test_the_table_is_written_to_a_parquet_file_with_types(folder: Path) -> None:
    from pyarrow import parquet

    path = folder.parent / "scores.parquet"
    path.write_bytes(b"what was there")
    (folder / 'two\nlines, "quoted".png').write_bytes(png(grey=77))
    (folder / "0.png").unlink()
    for left in (7, 0):
        shown = run(folder, "--parquet", str(path))
        assert f"{7 - left} had a row" in shown.stderr
        written = parquet.read_table(path)
        assert written.column_names == list(COLUMNS)
        kinds = {str(field.type) for field in written.schema if field.name.startswith("zone_")}
        assert (kinds, str(written.schema.field("bytes").type)) == ({"double"}, "int64")
        assert [
            {name: typed(name, cell) for name, cell in row.items()} for row in rows(folder)
        ] == written.to_pylist()
    assert not list(folder.parent.glob(".*.part"))


def typed(name: str, cell: str) -> str | int | float | None:
    """Return a cell of the CSV file as the Parquet file has it."""
    if name in TEXTS:
        return cell or None
    return (int(cell) if name in WHOLE_NUMBERS else float(cell)) if cell else None


def test_a_missing_library_is_named_before_a_film_is_graded(
    folder: Path, scorer: CountingScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    shown = run(folder, "--parquet", str(folder.parent / "scores.parquet"))
    assert shown.exit_code == 2
    assert "pip install 'radiograde[parquet]'" in shown.stderr
    assert scorer.seen == 0


def test_parquet_without_a_table_is_wrong_usage(folder: Path) -> None:
    shown = CliRunner().invoke(main, ["score", str(folder), "--parquet", "scores.parquet"])
    assert shown.exit_code == 2
    assert "add --table" in shown.stderr


@pytest.mark.usefixtures("scorer")
def test_a_name_of_two_lines_is_one_row(folder: Path) -> None:
    (folder / "two\nlines.png").write_bytes(png(grey=77))
    run(folder)
    assert len((folder.parent / "scores.csv").read_text().splitlines()) == 9
    assert "8 had a row" in run(folder).stderr


@pytest.mark.usefixtures("scorer")
@pytest.mark.parametrize("content", ["a,b\n1,2\n", "no table at all\n", "no end of a line"])
def test_another_file_is_not_written_to(folder: Path, content: str) -> None:
    table = folder.parent / "scores.csv"
    table.write_text(content)
    shown = run(folder)
    assert shown.exit_code == 2
    assert "is no table" in shown.stderr
    assert table.read_text() == content
