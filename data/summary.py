"""What a manifest holds, counted: films, patients, labels, views, folds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from radiograde.data.film import Film
from radiograde.data.manifest import Manifest
from radiograde.data.rows import is_used
from radiograde.data.table import read_table


@dataclass(frozen=True, slots=True)
class FoldCount:
    """How much one fold holds; ``fold`` is None for films without one."""

    fold: int | None
    films: int
    patients: int
    graded: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over one manifest; ``labels`` counts films by label."""

    films: int
    patients: int
    graded: int
    lateral: int
    labels: Mapping[str, int]
    views: Mapping[str, int]
    sources: Mapping[str, int]
    folds: tuple[FoldCount, ...]
    ignored_columns: tuple[str, ...]
    digest: str


def summarise(manifest: Manifest) -> Summary:
    """Return the counts; the CSV is read once more for the columns that nothing uses."""
    films = manifest.films
    table = read_table(manifest.path)
    named = zip(table.header, table.columns, strict=True)
    return Summary(
        films=len(films),
        patients=len({film.patient for film in films}),
        graded=sum(film.has_severity for film in films),
        lateral=sum(film.is_lateral for film in films),
        labels=_labels(films),
        views=_tally(films, lambda film: film.view),
        sources=_tally(films, lambda film: film.source),
        folds=_folds(films),
        ignored_columns=tuple(name for name, column in named if column and not is_used(column)),
        digest=manifest.digest,
    )


def _labels(films: Iterable[Film]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for film in films:
        counts.update(f"brixia, reader {reader}" for reader in film.brixia)
        counts.update(f"extent6, reader {reader}" for reader in film.extent6)
        counts["geographic_extent"] += film.geographic_extent is not None
        if film.opacity_max is not None:
            counts[f"opacity of {film.opacity_max:g}"] += 1
        counts["finding"] += bool(film.finding)
        counts["lung_mask"] += film.lung_mask is not None
    return {label: count for label, count in sorted(counts.items()) if count}


def _tally(films: Iterable[Film], word: Callable[[Film], str]) -> dict[str, int]:
    return dict(Counter(word(film) or "not given" for film in films).most_common())


def _folds(films: Iterable[Film]) -> tuple[FoldCount, ...]:
    grouped: dict[int | None, list[Film]] = {}
    for film in films:
        grouped.setdefault(film.fold, []).append(film)
    return tuple(
        FoldCount(
            fold=fold,
            films=len(members),
            patients=len({film.patient for film in members}),
            graded=sum(film.has_severity for film in members),
        )
        for fold, members in sorted(grouped.items(), key=lambda item: (item[0] is None, item[0]))
    )
