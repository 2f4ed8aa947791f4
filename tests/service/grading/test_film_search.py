from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import pytest

from radiograde.service.grading.film_search import Film, FilmSearch
from tests.service.fakes import png


def found(paths: list[Path], out: Path | None = None) -> list[Film]:
    return list(FilmSearch(paths, out))


def test_folders_are_searched_for_films(tmp_path: Path) -> None:
    (tmp_path / "b" / "deep").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for name in ("b/deep/x.DCM", "b/y.jpeg", ".hidden/z.dcm", "README.md", ".DS_Store"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "IM0001").write_bytes(bytes(128) + b"DICM")
    (tmp_path / "picture").write_bytes(png())
    (tmp_path / "empty").touch()
    search = FilmSearch([tmp_path])
    names = [str(film.name) for film in search]
    assert names == ["IM0001", "picture", "b/y.jpeg", "b/deep/x.DCM"]
    assert search.skipped == 2


def test_a_named_file_is_taken_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    named = found([tmp_path / "README.md"])
    assert [film.path.name for film in named] == ["README.md"]


def test_a_file_is_graded_once_and_names_do_not_clash(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "film.dcm").touch()
    named = [tmp_path / "a" / "film.dcm", tmp_path / "b" / "film.dcm", tmp_path / "a"]
    assert [str(film.name) for film in found(named)] == ["film.dcm", "film-2.dcm"]


def test_what_was_written_is_not_graded(tmp_path: Path) -> None:
    out = tmp_path / "graded"
    (out / "deep").mkdir(parents=True)
    for name in ("film.png", "film.png.overlay.png", "graded/deep/drawn.png"):
        (tmp_path / name).write_bytes(png())
    indirect = tmp_path / "graded" / ".." / "graded"
    assert [str(film.name) for film in found([tmp_path], indirect)] == ["film.png"]
    assert [str(film.name) for film in found([out], out)] == ["deep/drawn.png"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "film.dcm").touch()
    (tmp_path / "lost").symlink_to(tmp_path / "nothing")
    assert [film.path.name for film in found([tmp_path])] == ["film.dcm"]


def test_a_large_folder_is_not_listed_before_it_is_graded(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.dcm").touch()
    (tmp_path / "notes.txt").touch()
    search = FilmSearch([tmp_path])
    assert next(search).path.name == "0.dcm"
    (tmp_path / "2.dcm").unlink()
    assert [film.path.name for film in search] == ["1.dcm", "2.dcm"]
    assert search.skipped == 1


def test_a_search_goes_on_from_the_first_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("notes", "other", "x.dcm", "y.dcm"):
        (tmp_path / name).touch()
    opened: list[str] = []
    plain = Path.open

    def counted(path: Path, mode: str = "r") -> IO[Any]:
        opened.append(path.name)
        return plain(path, mode)

    monkeypatch.setattr(Path, "open", counted)
    search = FilmSearch([tmp_path])
    assert search.finds_any()
    assert search.finds_any()
    assert [film.path.name for film in search] == ["x.dcm", "y.dcm"]
    assert not search.finds_any()
    assert (opened, search.skipped) == (["notes", "other"], 2)
