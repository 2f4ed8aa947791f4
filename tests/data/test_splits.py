"""Folds: whole patients, even, stable, and true to the folds that were given."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from radiograde.data.errors import ManifestError
from radiograde.data.manifest import Film, Manifest, load
from radiograde.data.splits import assign_folds
from tests.readings import readings


def manifest_of(films: list[Film]) -> Manifest:
    return Manifest(tuple(films), Path("labels.csv"), "0" * 64)


def films_of(count: int) -> list[Film]:
    """Return two films a patient, a third of them without involvement."""
    return [
        Film(
            Path(f"{n}.png"),
            f"P{n // 2}",
            readings=readings(geographic_extent=float(n // 2 % 3 * 4)),
            row=n + 2,
        )
        for n in range(count)
    ]


def by_patient(manifest: Manifest) -> dict[str, set[int | None]]:
    folds: dict[str, set[int | None]] = defaultdict(set)
    for film in manifest.films:
        folds[film.patient].add(film.fold)
    return folds


def test_patients_stay_whole_and_strata_even() -> None:
    split = manifest_of(films_of(120)).with_folds(4)
    assert all(len(folds) == 1 for folds in by_patient(split).values())
    cells = Counter((film.geographic_extent, film.fold) for film in split.films)
    assert set(cells.values()) == {10}


def test_the_order_of_rows_plays_no_part() -> None:
    films = films_of(60)
    shuffled = films[::2] + films[::-2]
    assert by_patient(manifest_of(films).with_folds()) == by_patient(
        manifest_of(shuffled).with_folds()
    )


def test_the_seed_does() -> None:
    films = films_of(60)
    assert assign_folds(films, seed=0) == assign_folds(films, seed=0)
    assert assign_folds(films, seed=0) != assign_folds(films, seed=1)


def test_given_folds_stay_and_hold_for_the_patient() -> None:
    films = films_of(40)
    films[0] = replace(films[0], fold=3)
    split = manifest_of(films).with_folds()
    assert by_patient(split)["P0"] == {3}
    assert all(film.fold in range(5) for film in split.films)


def test_given_folds_count_towards_evenness() -> None:
    films = [replace(film, fold=0) for film in films_of(20)]
    more = [replace(film, patient=f"Q{film.patient}", fold=None) for film in films]
    load_of_folds = Counter(film.fold for film in assign_folds(films + more, 2))
    assert load_of_folds == {0: 20, 1: 20}


@pytest.mark.parametrize("count", [-1, 0, 1])
def test_fewer_than_two_folds_are_no_split(count: int) -> None:
    with pytest.raises(ManifestError, match="ask for 2 or more"):
        assign_folds(films_of(4), count)


def test_a_given_fold_beyond_the_count_is_refused() -> None:
    films = [replace(film, fold=5) for film in films_of(2)]
    with pytest.raises(ManifestError, match="row 2, fold: 5 is not under 5"):
        assign_folds(films, 5)


def test_the_real_folds_are_kept(shared: Path) -> None:
    manifest = load(shared / "dataset")
    split = manifest.with_folds()
    assert all(len(folds) == 1 for folds in by_patient(split).values())
    pairs = zip(manifest.films, split.films, strict=True)
    assert all(old.fold in (None, new.fold) for old, new in pairs)
    sizes = Counter(film.fold for film in split.films)
    assert min(sizes.values()) > 0.9 * max(sizes.values())
