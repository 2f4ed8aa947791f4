"""What a manifest holds, counted: films, patients, labels, views, folds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from radiograde.data.film import Film, Reading
from radiograde.data.label_scales import LUNGS, WHOLE, label_columns
from radiograde.data.manifest import Manifest
from radiograde.data.rows import grade_columns, used_columns
from radiograde.data.table import read_table

MASKS = (
    "lung_mask",
    "right_lung_mask",
    "left_lung_mask",
    "ground_glass_mask",
    "consolidation_mask",
)


@dataclass(frozen=True, slots=True)
class FoldCount:
    """How much one fold holds; ``fold`` is None for films without one."""

    fold: int | None
    films: int
    patients: int
    graded: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over a manifest; ``labels`` counts films by label.

    ``out_of_scope``: films that are lateral, children's, or no chest films at all.
    """

    films: int
    patients: int
    graded: int
    lateral: int
    out_of_scope: int
    labels: Mapping[str, int]
    views: Mapping[str, int]
    sources: Mapping[str, int]
    folds: tuple[FoldCount, ...]
    ignored_columns: tuple[str, ...]
    digest: str


def summarise(manifest: Manifest) -> Summary:
    """Return the counts; the CSVs are read once more for the columns that nothing uses."""
    films = manifest.films
    return Summary(
        films=len(films),
        patients=len({film.patient for film in films}),
        graded=sum(film.has_severity for film in films),
        lateral=sum(film.is_lateral for film in films),
        out_of_scope=sum(not film.in_scope for film in films),
        labels=_labels(films),
        views=_tally(films, lambda film: film.view),
        sources=_tally(films, lambda film: film.source),
        folds=_folds(films),
        ignored_columns=_ignored(manifest),
        digest=manifest.digest,
    )


def _ignored(manifest: Manifest) -> tuple[str, ...]:
    """Return the named columns that no film holds anything of, each once."""
    ignored: dict[str, None] = {}
    for path in (manifest.path, *manifest.joined):
        table = read_table(path)
        used = used_columns(table.columns) - (
            label_columns(table.columns).keys() - grade_columns(table).keys()
        )
        named = zip(table.header, table.columns, strict=True)
        ignored |= dict.fromkeys(name for name, column in named if column and column not in used)
    return tuple(ignored)


def _labels(films: Iterable[Film]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for film in films:
        counts.update({_series(reading) for reading in film.readings})
        counts.update(name for name in MASKS if getattr(film, name) is not None)
        counts["finding"] += bool(film.finding)
        counts["boxes"] += bool(film.boxes)
        counts["no box, though looked for"] += film.boxes_read is True and not film.boxes
        if film.read:
            counts[f"read as {film.read.split(':')[0]}"] += 1
    return {label: count for label, count in sorted(counts.items()) if count}


def _series(reading: Reading) -> str:
    """Return a series in words: opacity of 8 of each lung, reader R1."""
    words = reading.scale
    if reading.scale == "opacity":
        words += f" of {reading.top * (2 if reading.site in LUNGS else 1):g}"
    if reading.site != WHOLE and reading.scale != "brixia":
        words += f" of each {'lung' if reading.site in LUNGS else 'zone'}"
    return f"{words}, reader {reading.reader}" if reading.reader else words


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
