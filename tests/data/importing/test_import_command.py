"""``radiograde data import``: what it writes, prints and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from radiograde.data.cli import data
from radiograde.data.importing.collection import pseudonym
from radiograde.data.importing.source import Source, read_table
from radiograde.data.manifest import load
from tests.data.importing.layouts import ralo, write


def run(*arguments: object) -> Result:
    return CliRunner().invoke(data, [str(argument) for argument in arguments])


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    ralo(tmp_path / "ralo")
    return tmp_path / "ralo"


@pytest.fixture
def mapping(tmp_path: Path, collection: Path) -> Path:
    write(collection / "own.csv", "file,who", "0.jpg,MUELLER", "1.jpg,WEISS")
    write(
        tmp_path / "map.toml", 'table = "own.csv"', "[columns]", 'image = "file"', 'patient = "who"'
    )
    return tmp_path / "map.toml"


def test_an_import_says_what_it_wrote_and_what_comes_next(collection: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("import", "ralo", collection, "--out", out)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        f"{out / 'manifest.csv'}: 2 films of 1 patients",
        f"Warning: 1 more films are listed, but not in {collection}.",
        f"Try: radiograde data check --part {out}",
    ]
    checked = run("check", "--part", out)
    assert checked.exit_code == 0, checked.output
    assert "Warning: lung_mask: no film has lung masks" in checked.output
    assert run("check", out).exit_code == 1


def test_nothing_is_overwritten(collection: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("import", "ralo", collection, "--out", out).exit_code == 0
    before = (out / "manifest.csv").read_bytes()
    again = run("import", "ralo", collection, "--out", out)
    assert again.exit_code == 1
    assert "RALO, Stony Brook: There is a manifest in the folder already." in again.output
    assert (out / "manifest.csv").read_bytes() == before


def test_another_folder_is_no_collection(tmp_path: Path) -> None:
    result = run("import", "siim", tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "There is no train_study_level.csv in the folder or below it." in result.output


def test_films_that_are_all_missing(collection: Path, tmp_path: Path) -> None:
    for film in (collection / "CXR_images_scored").iterdir():
        film.unlink()
    result = run("import", "ralo", collection, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "Needed: ralo-dataset-metadata.csv beside CXR_images_scored/0.jpg" in result.output


def test_a_key_makes_the_same_pseudonyms_again(
    collection: Path, mapping: Path, tmp_path: Path
) -> None:
    def patients(out: str, *more: object) -> list[str]:
        arguments = ("own", collection, "--map", mapping, "--out", tmp_path / out, *more)
        result = run("import", *arguments)
        assert result.exit_code == 0, result.output
        return [film.patient for film in load(tmp_path / out).films]

    key = tmp_path / "key"
    first = patients("a", "--key", key)
    assert key.stat().st_mode & 0o777 == 0o600
    assert patients("b", "--key", key) == first
    assert len(set(first)) == 2
    assert patients("c") != first
    assert pseudonym("own", "MUELLER") not in first
    key.write_text("no key")
    out = tmp_path / "d"
    refused = run("import", "own", collection, "--map", mapping, "--out", out, "--key", key)
    assert refused.exit_code == 1
    assert "holds no key" in refused.output


@pytest.mark.parametrize("arguments", [["own"], ["ralo", "--map"]])
def test_a_mapping_goes_with_ones_own(
    collection: Path, mapping: Path, tmp_path: Path, arguments: list[str]
) -> None:
    name, *option = arguments
    more = [*option, mapping] if option else []
    result = run("import", name, collection, "--out", tmp_path / "out", *more)
    assert result.exit_code == 2
    assert "--map goes with own" in result.output


def test_help_names_every_collection() -> None:
    told = run("import", "--help").output
    assert "mrale        MIDRC mRALE Mastermind" in told
    assert "radiograde data import own films/ --map mapping.toml" in told


def test_tables_are_read_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("# remark\ngroup;;\na;b;a\n1; é ;3\n;;\n2\n".encode("latin-1"))
    assert read_table(path, skip=1) == [
        {"a": "1", "b": "é", "a.1": "3"},
        {"a": "2", "b": "", "a.1": ""},
    ]


def test_files_are_found_however_deep(tmp_path: Path) -> None:
    write(tmp_path / "x" / "y" / "Table.CSV", "deep")
    write(tmp_path / "x" / "table.csv", "shallow")
    write(tmp_path / "Fold1" / "masks" / "left lung" / "f.gif", "")
    source = Source(tmp_path, tmp_path / "made")
    assert source.need("table.csv").read_text() == "shallow\n"
    assert list(source.by_stem("masks", "left lung", suffixes=(".gif",))) == ["f"]
    assert list(source.by_stem("left lung", "masks", suffixes=(".gif",))) == []
    assert source.find("nothing*") is None
