from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.phantom_dicom import write_dicom
from radiograde.model.errors import RadiogradeError
from radiograde.model.scoring.input_check import CLASSES, FRONTAL
from radiograde.model.scoring.preprocess import Preprocessing, prepare
from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.input_check import picture_kind
from radiograde.training.input_check import pictures as input_pictures
from radiograde.training.input_check.corruptions import CORRUPTIONS
from radiograde.training.input_check.picture_kind import CLASS_OF_KIND, KINDS, ORDINARY
from radiograde.training.input_check.pictures import FOLDERS, LabelledPictures, gather_pictures
from tests.training.conftest import write_png
from tests.training.samples import film, film_dataset

SIDE = 64
COUNT = 12
LATERALS = (3, 7)
FOLDS = [0, 1, 2] * 4
FRONTAL_FILMS, CORRUPTED_FILMS, COPIES = 7, 3, 2


@pytest.fixture(scope="module")
def films() -> FilmDataset:
    """Twelve films, two of them lateral, in three folds; each is upright and has borders."""
    cells = np.zeros((COUNT, 3, SIDE, SIDE), np.uint8)
    frames = np.zeros((COUNT, 4), np.int32)
    for number in range(COUNT):
        pixels = draw(PhantomSpec(rows=96, columns=72, seed=number)).pixels
        square, frame = prepare(pixels, Preprocessing(size=SIDE))
        cells[number, 0] = np.rint(square * 255)
        frames[number] = frame.top, frame.left, frame.height, frame.width
    rows = [film(n, view="L" if n in LATERALS else "PA") for n in range(COUNT)]
    return film_dataset(rows, FOLDS, FilmCache(cells, frames))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("others")
    names = {
        "ct_slice": [f"{case}_{part}.png" for case in ("a", "b", "c", "d") for part in range(3)],
        "child_chest": [f"child_{number}.png" for number in range(6)],
        "cat": ["tom.png", "more/felix.png"],
    }
    rng = np.random.default_rng(0)
    for kind, files in names.items():
        for name in files:
            (folder / kind / name).parent.mkdir(parents=True, exist_ok=True)
            write_png(folder / kind / name, rng.random((80, 70), dtype=np.float32))
    (folder / "notes.txt").write_text("Only folders count.")
    return folder


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(input_pictures, "FRONTAL_FILMS", FRONTAL_FILMS)
        patch.setattr(input_pictures, "CORRUPTED_FILMS", CORRUPTED_FILMS)
        patch.setattr(input_pictures, "CHANGED_COPIES", COPIES)
        patch.setattr(input_pictures, "PHANTOMS", 0)
        yield


@pytest.fixture(scope="module")
def of_films(films: FilmDataset, few: None) -> LabelledPictures:
    """The pictures that the manifest alone gives."""
    return gather_pictures(films, None, seed=0)


@pytest.fixture(scope="module")
def of_all(films: FilmDataset, others: Path, few: None) -> LabelledPictures:
    """The pictures of the manifest and of the folders out of scope."""
    return gather_pictures(films, others, seed=0)


def of_kind(pictures: LabelledPictures, kind: str) -> list[int]:
    return [place for place, name in enumerate(pictures.kinds) if name == kind]


def groups_of_copies(pictures: LabelledPictures, kind: str) -> list[list[int]]:
    """Return the places of each picture of a kind with those of its copies."""
    groups: list[list[int]] = []
    for place in of_kind(pictures, kind):
        if pictures.counts[place]:
            groups.append([])
        groups[-1].append(place)
    return groups


def test_the_same_seed_gives_the_same_pictures(
    films: FilmDataset, others: Path, of_all: LabelledPictures
) -> None:
    one, same, other = (
        of_all,
        gather_pictures(films, others, seed=0),
        gather_pictures(films, others, seed=1),
    )
    np.testing.assert_array_equal(one.squares, same.squares)
    for name in ("labels", "folds", "counts"):
        np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
    assert one.kinds == same.kinds
    assert one.squares.shape == other.squares.shape
    assert not np.array_equal(one.squares, other.squares)


def test_pictures_are_prepared_as_films_are(of_all: LabelledPictures) -> None:
    count = len(of_all.squares)
    assert of_all.squares.shape == (count, SIDE, SIDE)
    assert of_all.squares.dtype == np.uint8
    assert [len(part) for part in (of_all.labels, of_all.folds, of_all.kinds)] == [count] * 3
    assert (of_all.squares.max((1, 2)) == 255).all(), "every picture is stretched"


def test_frontal_films_stand_as_they_are_with_their_own_fold(
    films: FilmDataset, of_films: LabelledPictures
) -> None:
    places = of_kind(of_films, ORDINARY)
    assert len(places) == FRONTAL_FILMS
    cells = films.cache.cells[:, 0].astype(float)
    for place in places:
        difference = np.abs(cells - of_films.squares[place]).mean((1, 2))
        twin = int(difference.argmin())
        assert difference[twin] < 2
        assert twin not in LATERALS
        assert of_films.folds[place] == FOLDS[twin]
        assert of_films.labels[place] == CLASSES.index(FRONTAL)
        assert of_films.counts[place]


def test_drawn_films_pass_in_every_fold_and_are_not_counted(
    films: FilmDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_pictures, "PHANTOMS", 4)
    pictures = gather_pictures(films, None, seed=0)
    places = of_kind(pictures, "phantom")
    assert pictures.folds[places].tolist() == [0, 1, 2, 0]
    assert {CLASSES[number] for number in pictures.labels[places]} == {FRONTAL}
    assert not pictures.counts[places].any()
    assert len(np.unique(pictures.squares[places], axis=0)) == 4


def test_every_lateral_film_of_the_manifest_is_one(of_films: LabelledPictures) -> None:
    groups = groups_of_copies(of_films, picture_kind.LATERALS)
    assert [len(group) for group in groups] == [1 + COPIES] * len(LATERALS)
    for group, lateral in zip(groups, LATERALS, strict=True):
        assert {int(fold) for fold in of_films.folds[group]} == {FOLDS[lateral]}
        assert {CLASSES[label] for label in of_films.labels[group]} == {"lateral_view"}


@pytest.mark.parametrize(("label", "kind"), [(label, kind) for label, kind, _ in CORRUPTIONS])
def test_frontal_films_are_corrupted_in_every_way(
    of_films: LabelledPictures, label: str, kind: str
) -> None:
    places = of_kind(of_films, kind)
    assert len(places) == CORRUPTED_FILMS
    assert {CLASSES[number] for number in of_films.labels[places]} == {label}
    assert not of_films.counts[places].any(), "figures are of real pictures"


def test_each_corruption_has_films_of_its_own_drawing(of_films: LabelledPictures) -> None:
    drawn = {tuple(of_films.folds[of_kind(of_films, kind)].tolist()) for _, kind, _ in CORRUPTIONS}
    assert len(drawn) > 1


def test_a_film_is_corrupted_without_the_borders_of_its_square(
    films: FilmDataset, of_films: LabelledPictures
) -> None:
    """Black borders would tell the input check that a film was corrupted, and blur into it."""
    frame = films.cache.frame(0)
    for place in of_kind(of_films, "blurred film"):
        square = of_films.squares[place]
        assert not square[:, : frame.left].any()
        assert not square[:, frame.left + frame.width :].any()


def test_a_corrupted_film_stays_in_the_fold_of_the_film(
    films: FilmDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every film of a fold is black, every corrupted film of that fold is."""
    cells = films.cache.cells.copy()
    dark = np.array(FOLDS) == 1
    cells[dark, 0] = 0
    dimmed = film_dataset(list(films.manifest.films), FOLDS, FilmCache(cells, films.cache.frames))
    monkeypatch.setattr(input_pictures, "CORRUPTED_FILMS", COUNT)
    pictures = gather_pictures(dimmed, None, seed=0)
    for kind in ("film on its side or upside down", "small part of a film", "blurred film"):
        places = np.array(of_kind(pictures, kind))
        assert len(places) == COUNT - len(LATERALS)
        black = ~pictures.squares[places].any((1, 2))
        np.testing.assert_array_equal(black, pictures.folds[places] == 1)


@pytest.mark.parametrize(
    ("kind", "label", "count"),
    [("ct slice", "not_radiograph", 12), ("child chest", "child", 6), ("cat", "not_chest", 2)],
)
def test_a_folder_says_what_its_pictures_are(
    of_all: LabelledPictures, kind: str, label: str, count: int
) -> None:
    groups = groups_of_copies(of_all, kind)
    assert [len(group) for group in groups] == [1 + COPIES] * count
    places = of_kind(of_all, kind)
    assert {CLASSES[number] for number in of_all.labels[places]} == {label}


def test_every_folder_means_a_class_that_there_is() -> None:
    assert set(FOLDERS.values()) <= set(CLASSES)
    assert CLASS_OF_KIND.keys() == set(KINDS)
    assert set(CLASS_OF_KIND.values()) <= set(CLASSES)


def test_copies_share_the_fold_of_the_picture_and_are_not_counted(of_all: LabelledPictures) -> None:
    for kind in ("ct slice", "child chest", "cat", picture_kind.LATERALS):
        for group in groups_of_copies(of_all, kind):
            original, *copies = group
            assert of_all.counts[original]
            assert not of_all.counts[copies].any()
            assert len(set(of_all.folds[group].tolist())) == 1
            for copy in copies:
                assert not np.array_equal(of_all.squares[copy], of_all.squares[original])


def test_pictures_of_one_patient_share_a_fold_and_patients_are_spread_over_all(
    of_all: LabelledPictures,
) -> None:
    cases = [of_all.folds[group[0]] for group in groups_of_copies(of_all, "ct slice")]
    by_case = [set(cases[start : start + 3]) for start in range(0, 12, 3)]
    assert all(len(folds) == 1 for folds in by_case)
    assert {int(fold) for fold in cases} == {0, 1, 2}
    # Where all names begin alike, each picture is a patient's own.
    children = [of_all.folds[group[0]] for group in groups_of_copies(of_all, "child chest")]
    assert sorted(int(fold) for fold in children) == [0, 0, 1, 1, 2, 2]


def test_the_fold_of_a_picture_does_not_change_with_the_seed(
    films: FilmDataset, others: Path, of_all: LabelledPictures
) -> None:
    one, other = of_all, gather_pictures(films, others, seed=1)
    for kind in ("ct slice", "cat"):
        np.testing.assert_array_equal(
            one.folds[of_kind(one, kind)], other.folds[of_kind(other, kind)]
        )


def test_a_picture_that_cannot_be_read_is_not_left_out_in_silence(
    films: FilmDataset, tmp_path: Path
) -> None:
    (tmp_path / "limb").mkdir()
    (tmp_path / "limb" / "hand.png").write_bytes(b"no picture")
    with pytest.raises(RadiogradeError):
        gather_pictures(films, tmp_path, seed=0)


OTHER_FILMS = {
    "child": ("children", "child"),
    "out of scope: spine_xray": ("whole-spine films", "not_chest"),
    "out of scope: mr_knee": ("cross-sections and ultrasound", "not_radiograph"),
    "out of scope: wrist": ("other parts and pictures", "not_chest"),
}


@pytest.fixture
def uncorrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_pictures, "CORRUPTED_FILMS", 0)


@pytest.mark.usefixtures("uncorrupted")
def test_the_manifests_own_films_out_of_scope_are_what_they_are_said_to_be() -> None:
    """Children and other pictures stood among the frontal films of adults."""
    rows = [film(n, read=read) for n, read in enumerate([*OTHER_FILMS, "normal", "negative"])]
    rows.append(film(6, age=12))
    pictures = gather_pictures(film_dataset(rows, [0, 1, 2, 0, 1, 2, 0]), None, seed=0)
    assert [int(fold) for fold in pictures.folds[of_kind(pictures, ORDINARY)]] in ([1, 2], [2, 1])
    for kind, label in OTHER_FILMS.values():
        places = of_kind(pictures, kind)
        assert {CLASSES[number] for number in pictures.labels[places]} == {label}
        assert pictures.counts[places].sum() == (2 if kind == "children" else 1)
        assert len(places) == (2 if kind == "children" else 1) * (1 + COPIES)


@pytest.mark.usefixtures("uncorrupted")
def test_ordinary_films_are_of_all_sources_alike() -> None:
    rows = [film(n, source="large" if n < 40 else "small") for n in range(43)]
    folds = [0] * 40 + [1] * 3
    pictures = gather_pictures(film_dataset(rows, folds), None, seed=0)
    ordinary = pictures.folds[of_kind(pictures, ORDINARY)].tolist()
    assert (ordinary.count(0), ordinary.count(1)) == (FRONTAL_FILMS - 3, 3)


@pytest.mark.usefixtures("uncorrupted")
def test_of_a_kind_with_many_pictures_fewer_copies_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(input_pictures, "ENOUGH", 6)
    monkeypatch.setattr(input_pictures, "CHANGED_COPIES", 5)
    rows = [film(n, read="child" if n < 8 else "", view="" if n < 8 else "L") for n in range(10)]
    pictures = gather_pictures(film_dataset([*rows, film(10)], [0] * 11), None, seed=0)
    assert len(of_kind(pictures, picture_kind.CHILDREN)) == 8 * 2
    assert len(of_kind(pictures, picture_kind.LATERALS)) == 2 * (1 + 3)


def test_a_picture_in_a_folder_has_square_pixels(films: FilmDataset, tmp_path: Path) -> None:
    """Film readers store pixels that are higher than wide; the film is shown as it was."""
    (tmp_path / "limb").mkdir()
    write_dicom(tmp_path / "limb" / "hand.dcm", draw(PhantomSpec(rows=96, columns=90, seed=3)))
    ds = pydicom.dcmread(tmp_path / "limb" / "hand.dcm")
    ds.PixelAspectRatio = ["2", "1"]
    for keyword in ("ImagerPixelSpacing", "PixelSpacing"):
        if keyword in ds:
            del ds[keyword]
    ds.save_as(tmp_path / "limb" / "hand.dcm")
    pictures = gather_pictures(films, tmp_path, seed=0)
    square = pictures.squares[of_kind(pictures, "limb")[0]]
    columns = np.flatnonzero(square.any(0))
    assert len(columns) == pytest.approx(SIDE * 90 / (2 * 96), abs=1)
