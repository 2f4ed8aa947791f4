"""What a manifest passes, training takes: whatever is wrong is found before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiograde.data import check as checking
from radiograde.data.check import Report, check
from radiograde.data.duplicates import ALIKE, near_duplicates, same_files, thumbnail
from radiograde.data.manifest import load
from radiograde.data.phantom_dicom import write_dicom
from radiograde.data.requirements import missing_for_training
from tests.data.drawn import phantom, save

FILMS = 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four films of four patients, 0.png to 3.png, and the mask of the first."""
    for seed in range(FILMS):
        save(tmp_path / f"{seed}.png", phantom(seed).pixels)
    save(tmp_path / "mask.png", phantom().lungs.any(0))
    return tmp_path


def report(folder: Path, changes: Mapping[int, Mapping[str, str]] | None = None) -> Report:
    """Return what is found on a sound set with some cells changed."""
    return check(load(write(folder, changes or {})), thorough=True)


def write(folder: Path, changes: Mapping[int, Mapping[str, str]]) -> Path:
    rows = [{"image": f"{n}.png", "patient": f"P{n}", "extent": str(n)} for n in range(FILMS)]
    rows[0] |= {"lung_mask": "mask.png", "heart_in_mask": "yes"}
    for place, cells in changes.items():
        rows[place] |= cells
    header = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(row.get(name, "") for name in header) for row in rows]
    (folder / "labels.csv").write_text("\n".join([",".join(header), *lines]) + "\n")
    return folder


def problems(folder: Path, **cells: str) -> list[str]:
    return [str(problem) for problem in report(folder, {1: cells}).problems]


def test_a_sound_set_passes(folder: Path) -> None:
    assert report(folder) == Report((), (), FILMS)


def test_readers_of_any_name_and_unknown_words_pass(folder: Path) -> None:
    cells = {"opacity_right_ann": "3", "finding": "todo|Nodule|SARS", "read": "unsure"}
    found = report(folder, {1: cells, 2: {"finding": "todo"}})
    assert found.problems == ()
    assert found.warnings == (
        "finding: nothing is concluded from 'todo' (2), 'sars' (1)",
        "read: nothing is concluded from 'unsure' (1)",
    )


def test_a_film_that_is_none_is_named(folder: Path) -> None:
    (folder / "1.png").write_bytes(b"nothing")
    assert problems(folder) == ["row 3, image: The file is no readable DICOM film, PNG or JPEG."]
    save(folder / "1.png", phantom().pixels)
    (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:3000])
    assert problems(folder) == ["row 3, image: The picture is damaged or cut short. Send it again."]
    write_dicom(folder / "1.png", phantom())
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"boxes": "5 5 200 50"}, "boxes: a box reaches beyond the film's 112 x 128 pixels"),
        ({"lung_mask": "wide.png"}, "lung_mask: The mask has 200 x 128 pixels, its film 112 x 128"),
        ({"lung_mask": "odd.png"}, "lung_mask: The mask holds the values 0, 1, 3."),
        ({"ground_glass_mask": "wide.png"}, "ground_glass_mask: The mask has 200 x 128 pixels"),
        ({"mask_values": "right=1"}, "mask_values: mask_values is written as lungs=255"),
        ({"left_lung_mask": "mask.png"}, "left_lung_mask: The mask of the other lung is missing."),
        ({"consolidation_mask": "labels.csv"}, "consolidation_mask: The mask cannot be read."),
    ],
)
def test_what_does_not_fit_the_film_is_named(
    folder: Path, cells: dict[str, str], problem: str
) -> None:
    Image.new("L", (200, 128), 255).save(folder / "wide.png")
    odd = np.zeros((128, 112), np.uint8)
    odd[40:80, 20:40], odd[40:80, 70:90] = 1, 3
    Image.fromarray(odd).save(folder / "odd.png")
    first, *_ = problems(folder, **cells)
    assert first.startswith(f"row 3, {problem}")


def test_sizes_are_seen_of_films_that_are_not_decoded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "SAMPLE", 0)
    Image.new("L", (200, 128), 255).save(folder / "wide.png")
    found = check(load(write(folder, {1: {"lung_mask": "wide.png"}})))
    assert found.decoded == 0
    assert [problem.column for problem in found.problems] == ["lung_mask"]


def test_a_sample_is_of_all_sources(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SAMPLE", 2)
    (folder / "3.png").write_bytes((folder / "3.png").read_bytes()[:3000])
    manifest = load(write(folder, {3: {"source": "elsewhere"}}))
    found = check(manifest)
    assert [problem.row for problem in found.problems] == [5]
    assert found == check(manifest)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({0: {"lung_mask": ""}}, "lung_mask: no film has lung masks"),
        ({0: {"view": "L"}}, "lung_mask: no film has lung masks"),
        ({n: {"extent": ""} for n in range(FILMS)}, "no film has a grade of any reader"),
        ({n: {"extent": ""} for n in range(3)}, "fold: all graded films stand in one fold"),
        ({n: {"fold": "0"} for n in range(FILMS)}, "fold: all graded films stand in one fold"),
        ({n: {"read": "child"} for n in range(FILMS)}, "no film is a frontal chest film of an"),
    ],
)
def test_the_set_as_a_whole_needs_something(
    folder: Path, changes: dict[int, dict[str, str]], problem: str
) -> None:
    found = [str(one) for one in missing_for_training(load(write(folder, changes)))]
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_a_film_saved_again_is_found(folder: Path) -> None:
    pixels = phantom().pixels
    small = Image.fromarray((pixels**1.4 * 255).astype(np.uint8)).resize((80, 92))
    small.save(folder / "1.png")
    (folder / "3.png").write_bytes((folder / "2.png").read_bytes())
    found = report(folder, {3: {"patient": "P2"}})
    assert found.problems == ()
    assert found.warnings == (
        "row 4 and row 5 show the same film, of one patient",
        "row 2 and row 3 show the same film, of two patients: give both one id",
    )


def test_films_of_one_size_are_not_the_same(folder: Path) -> None:
    films = load(write(folder, {})).films
    for film in films:
        film.image.write_bytes(film.image.name.encode())
    assert list(same_files(films)) == []
    (folder / "0.png").unlink()
    assert list(same_files(films)) == []


def test_thumbnails_tell_films_apart_and_know_them_again() -> None:
    drawn = [phantom(seed).pixels for seed in range(6)]
    thumbnails = {place: thumbnail(pixels) for place, pixels in enumerate(drawn)}
    likeness = np.array([[a @ b for b in thumbnails.values()] for a in thumbnails.values()])
    assert np.allclose(likeness.diagonal(), 1)
    assert (likeness - np.eye(6)).max() < ALIKE
    assert list(near_duplicates(thumbnails)) == []
    assert list(near_duplicates({})) == []
    assert list(near_duplicates(thumbnails | {9: thumbnail(drawn[2] ** 0.7)})) == [(2, 9)]


def test_the_real_sets_pass_together(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SAMPLE", 60)
    found = check(load(shared / "dataset", shared / "collections"))
    assert found.problems == ()
    assert found.decoded == checking.SAMPLE
