"""``radiograde data``: what is shown, what is written, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydicom import dcmread

from radiograde.data.cli import data
from radiograde.data.manifest import load
from radiograde.model.grading import grade
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.model.scoring.scorer import Scorer
from tests.data.drawn import phantom, save

CSV = (
    "File;Patient ID;View;Extent;Remark;Lung Mask\n"
    "a.png;P1;PA;2,5;first;mask.png\nb.png;P1;L;;;\nc.png;P2;;0;;\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a user's folder: three films of two patients, a CSV as Excel writes it."""
    folder = tmp_path / "films"
    folder.mkdir()
    for seed, name in enumerate(("a.png", "b.png", "c.png")):
        save(folder / name, phantom(seed).pixels)
        save(folder / "mask.png", phantom(seed).lungs.any(0))
    (folder / "labels.csv").write_text(CSV, encoding="utf-8-sig")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(data, [str(argument) for argument in arguments])


def test_check_tells_what_is_there(folder: Path) -> None:
    result = run("check", folder)
    assert result.exit_code == 0
    assert "3 films of 2 patients, 2 graded, 1 lateral (out of scope)" in result.output
    assert "Ignored columns: Remark" in result.output
    assert load(folder).digest in result.output
    assert "Pixels decoded of 3 of 3 films." in result.output
    assert "Warning: heart_in_mask: not stated for 1 films" in result.output


def test_check_speaks_json(folder: Path) -> None:
    summary = json.loads(run("check", folder, "--json").output)
    assert summary["labels"] == {"geographic_extent": 2, "lung_mask": 1}
    assert (summary["decoded"], len(summary["warnings"])) == (3, 1)
    assert summary["views"] == {"PA": 1, "L": 1, "not given": 1}
    assert summary["folds"] == [{"fold": None, "films": 3, "patients": 2, "graded": 2}]


def test_check_lists_problems_and_fails(folder: Path) -> None:
    (folder / "labels.csv").write_text("image,patient,extent\na.png,P1,9\ngone.png,P2,1\n")
    result = run("check", folder)
    assert result.exit_code == 1
    assert "2 problems" in result.output
    assert "row 2, geographic_extent: '9' is no number from 0 to 8" in result.output
    assert "row 3, image: no file lies at this path" in result.output


def test_check_finds_what_training_would_refuse(folder: Path) -> None:
    (folder / "c.png").write_bytes(b"no film")
    (folder / "labels.csv").write_text("image,patient,extent\na.png,P1,9\nc.png,P2,1\n")
    assert "'9' is no number from 0 to 8" in run("check", folder).output
    (folder / "labels.csv").write_text("image,patient,extent\na.png,P1,8\nc.png,P2,1\n")
    result = run("check", folder)
    assert result.exit_code == 1
    assert "2 problems" in result.output
    assert "lung_mask: no film has lung masks" in result.output
    assert "row 3, image: The file is no readable DICOM film, PNG or JPEG" in result.output


def test_check_joins_several_sets(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "labels.csv").write_text("image,patient,extent\n../films/a.png,P9,8\n")
    result = run("check", folder, other)
    assert result.exit_code == 1
    assert "manifest 2, row 2" in result.output
    assert "not as in manifest 1, row 2" in result.output


def test_check_of_nothing_fails(tmp_path: Path) -> None:
    result = run("check", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "no such file" in result.output


def test_split_writes_a_manifest_that_loads_from_elsewhere(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere" / "folds.csv"
    out.parent.mkdir()
    result = run("split", folder, "--folds", 2, "--out", out)
    assert result.exit_code == 0, result.output
    assert out.read_text().startswith(
        "File,Patient ID,View,Extent,Remark,Lung Mask,fold\n../films/a.png"
    )
    films = load(out).films
    assert [film.image for film in films] == [film.image for film in load(folder).films]
    assert [film.geographic_extent for film in films] == [2.5, None, 0.0]
    assert {film.fold for film in films} == {0, 1}
    assert films[0].fold == films[1].fold


def test_split_keeps_named_columns_and_blanks_empty_words(folder: Path, tmp_path: Path) -> None:
    (folder / "labels.csv").write_text("image,,patient,Remark\na.png,x,P1,NA\nb.png,y,P2,kept\n")
    out = tmp_path / "folds.csv"
    assert run("split", folder, "--folds", 2, "--out", out).exit_code == 0
    header, *rows = [line.rsplit(",", 1)[0] for line in out.read_text().splitlines()]
    assert header == "image,patient,Remark"
    assert rows == ["films/a.png,P1,", "films/b.png,P2,kept"]


def test_split_overwrites_nothing(folder: Path) -> None:
    result = run("split", folder, "--out", folder / "labels.csv")
    assert result.exit_code == 1
    assert "cannot be written: File exists" in result.output
    assert (folder / "labels.csv").read_text(encoding="utf-8-sig") == CSV


def test_split_into_one_fold_is_refused(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "folds.csv"
    result = run("split", folder, "--folds", 1, "--out", out)
    assert result.exit_code == 1
    assert "ask for 2 or more" in result.output
    assert not out.exists()


def test_phantoms_make_a_manifest(tmp_path: Path) -> None:
    result = run("phantom", tmp_path / "phantoms", "--count", 3)
    assert result.exit_code == 0, result.output
    assert run("check", tmp_path / "phantoms").exit_code == 0
    assert len(load(tmp_path / "phantoms").films) == 3
    again = run("phantom", tmp_path / "phantoms")
    assert again.exit_code == 1
    assert "File exists" in again.output


def test_a_dicom_phantom_is_scored_by_the_bundled_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("phantom", "--dicom")
    assert (result.exit_code, result.output) == (0, "film.dcm\n")
    graded = grade(open_film(Path("film.dcm").read_bytes(), Limits()), Scorer())
    assert (graded.status, graded.gate.reasons if graded.gate else None) == ("scored", ())
    again = run("phantom", "--dicom")
    assert again.exit_code == 1
    assert "film.dcm cannot be written: File exists" in again.output


def test_several_dicom_phantoms_are_the_same_by_seed(tmp_path: Path) -> None:
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        result = run("phantom", tmp_path / folder, "--dicom", "--count", 2, "--seed", seed)
        assert result.output == f"{tmp_path / folder / '1.dcm'}\n{tmp_path / folder / '2.dcm'}\n"
    first, second = ((tmp_path / "a" / f"{number}.dcm").read_bytes() for number in (1, 2))
    assert first == (tmp_path / "b" / "1.dcm").read_bytes()
    assert len({first, second, (tmp_path / "c" / "1.dcm").read_bytes()}) == 3
    assert (
        dcmread(tmp_path / "a" / "1.dcm").PatientID != dcmread(tmp_path / "a" / "2.dcm").PatientID
    )


def test_a_dicom_phantom_goes_where_it_is_sent(tmp_path: Path) -> None:
    assert run("phantom", tmp_path, "--dicom").output == f"{tmp_path / 'film.dcm'}\n"
    named = tmp_path / "new" / "one.dcm"
    assert run("phantom", named, "--dicom").output == f"{named}\n"
    assert named.is_file()


def test_phantoms_need_a_folder(tmp_path: Path) -> None:
    result = run("phantom")
    assert result.exit_code == 2
    assert "Name the folder to write" in result.output


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--help"], "Two columns are needed"),
        (["check", "--help"], "Exit code 0"),
        (["split", "--help"], "Folds that are given stay"),
        (["phantom", "--help"], "radiograde score film.dcm"),
    ],
)
def test_help_teaches(arguments: list[str], text: str) -> None:
    assert text in run(*arguments).output
