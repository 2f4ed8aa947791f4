"""Whether training can use a manifest, found out before it starts.

Every film's header, every mask's size and the set as a whole are looked at. Pixels are decoded of a
sample, or of all films; only then films are found that were saved again.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

from radiograde.data import duplicates
from radiograde.data.duplicates import Thumbnail
from radiograde.data.errors import ManifestError, MaskError, Problem
from radiograde.data.film import Film
from radiograde.data.film_header import FilmHeader, read_header
from radiograde.data.findings import unknown_words
from radiograde.data.manifest import Manifest
from radiograde.data.masks import check_fit, check_meanings, read_lungs, read_region
from radiograde.data.requirements import missing_for_training
from radiograde.data.rows import is_known_read
from radiograde.model.errors import RadiogradeError
from radiograde.model.reading import film_file

SAMPLE = 500
LUNG_MASKS = ("lung_mask", "right_lung_mask", "left_lung_mask")
REGION_MASKS = ("ground_glass_mask", "consolidation_mask")
LONGEST_WORD = 40
MOST_WORDS = 8

Watch = Callable[[Iterable["Examined"], int], Iterable["Examined"]]
"""Passes examined films on, and may show how many of how many there are."""


@dataclass(frozen=True, slots=True)
class Report:
    """``problems``: why training would refuse. ``warnings``: what it would take, but is odd.

    ``decoded``: how many films' pixels were looked at.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]
    decoded: int


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """One film's problems, and its thumbnail where it was decoded."""

    problems: tuple[Problem, ...]
    thumbnail: Thumbnail | None = None


def check(
    manifest: Manifest,
    *,
    thorough: bool = False,
    part: bool = False,
    watch: Watch = lambda films, _: films,
) -> Report:
    """Return what is wrong and what is odd.

    ``thorough``: decode every film, not a sample. ``part``: others will be joined to these films,
    so what the set lacks as a whole is odd at most.
    """
    films = manifest.films
    decoded = set(range(len(films))) if thorough else _sample(films)
    examined = _examined(manifest, decoded, watch)
    thumbnails = {
        place: one.thumbnail for place, one in enumerate(examined) if one.thumbnail is not None
    }
    lacking = list(missing_for_training(manifest))
    problems = [*([] if part else lacking), *chain(*(one.problems for one in examined))]
    return Report(
        tuple(sorted(problems, key=lambda problem: (problem.table, problem.row))),
        (
            *(str(problem) for problem in lacking if part),
            *_words(films),
            *_unstated_hearts(films),
            *_repeated(films, thumbnails if thorough else {}, bool(manifest.joined)),
        ),
        len(thumbnails),
    )


def check_undecoded(manifest: Manifest) -> None:
    """Raise ManifestError with all that can be found wrong without decoding a pixel."""
    examined = _examined(manifest, set(), lambda films, _: films)
    problems = [
        *missing_for_training(manifest),
        *chain(*(one.problems for one in examined)),
    ]
    if problems:
        raise ManifestError(sorted(problems, key=lambda problem: (problem.table, problem.row)))


def _examined(manifest: Manifest, decoded: set[int], watch: Watch) -> list[Examined]:
    """Return what is wrong with each film; ``decoded``: places of those whose pixels are seen."""
    films, several = manifest.films, bool(manifest.joined)
    with ThreadPoolExecutor() as pool:
        results = pool.map(
            lambda place: _examine(films[place], several, decode=place in decoded),
            range(len(films)),
        )
        return list(watch(results, len(films)))


def _sample(films: Sequence[Film]) -> set[int]:
    """Return the places of up to ``SAMPLE`` films, of all sources alike, the same every time."""
    by_source: dict[tuple[int, str], list[tuple[bytes, int]]] = defaultdict(list)
    for place, film in enumerate(films):
        key = hashlib.sha256(f"{film.table} {film.row}".encode()).digest()
        by_source[film.table, film.source].append((key, place))
    turns = zip_longest(*(sorted(members) for members in by_source.values()))
    dealt = [member[1] for turn in turns for member in turn if member is not None]
    return set(dealt[:SAMPLE])


def _examine(film: Film, several: bool, *, decode: bool) -> Examined:
    table = film.table + 1 if several else 0
    try:
        header = read_header(film.image)
        pixels = film_file.read(film.image).pixels if decode else None
    except (RadiogradeError, OSError) as error:
        text = error.message if isinstance(error, RadiogradeError) else "the file cannot be read"
        return Examined((Problem(film.row, "image", text, table),))
    problems = [
        Problem(film.row, column, text, table)
        for column, text in chain(_boxes(film, header), _masks(film, header, decode=decode))
    ]
    return Examined(tuple(problems), None if pixels is None else duplicates.thumbnail(pixels))


def _boxes(film: Film, header: FilmHeader) -> Iterator[tuple[str, str]]:
    if any(box.x1 > header.columns + 1 or box.y1 > header.rows + 1 for box in film.boxes):
        size = f"{header.columns} x {header.rows}"
        yield "boxes", f"a box reaches beyond the film's {size} pixels"


def _masks(film: Film, header: FilmHeader, *, decode: bool) -> Iterator[tuple[str, str]]:
    """Yield the columns and faults of the film's masks: their size, and decoded their values."""
    try:
        check_meanings(film.mask_values)
    except MaskError as error:
        yield "mask_values", error.message
        return
    given = [name for name in (*LUNG_MASKS, *REGION_MASKS) if getattr(film, name) is not None]
    for name in given:
        path: Path = getattr(film, name)
        try:
            if not decode:
                check_fit(path, header)
            elif name in REGION_MASKS:
                read_region(path, header)
            elif name != "left_lung_mask" or film.right_lung_mask is None:
                read_lungs(film, header)
        except MaskError as error:
            yield name, error.message
    if not film.has_lung_masks and not {"right_lung_mask", "left_lung_mask"}.isdisjoint(given):
        yield "lung_mask", "one lung has a mask and the other has none"


def _words(films: Sequence[Film]) -> Iterator[str]:
    findings = Counter(word for film in films for word in unknown_words(film.finding))
    reads = Counter(film.read for film in films if not is_known_read(film.read))
    for column, words in (("finding", findings), ("read", reads)):
        shown = [
            f"{word[:LONGEST_WORD]!r} ({count})" for word, count in words.most_common(MOST_WORDS)
        ]
        more = f" and {len(words) - MOST_WORDS} other words" if len(words) > MOST_WORDS else ""
        if shown:
            yield f"{column}: nothing is concluded from {', '.join(shown)}{more}"


def _unstated_hearts(films: Sequence[Film]) -> Iterator[str]:
    unstated = sum(film.has_lung_masks and film.heart_in_mask is None for film in films)
    if unstated:
        yield (
            f"heart_in_mask: not stated for {unstated} films; masks of the values 1 and 2 are "
            "taken to leave the heart's shadow out, all others to hold the lung behind it"
        )


def _repeated(
    films: Sequence[Film], thumbnails: dict[int, Thumbnail], several: bool
) -> Iterator[str]:
    """Yield each film that is there twice; under two patients it is learned from and tested on."""
    alike = [(films[a], films[b]) for a, b in duplicates.near_duplicates(thumbnails)]
    pairs = {
        (first.place(several=several), second.place(several=several)): first.patient
        == second.patient
        for first, second in chain(duplicates.same_files(films), alike)
    }
    for (first, second), same_patient in pairs.items():
        whose = "one patient" if same_patient else "two patients: give both one id"
        yield f"{first} and {second} show the same film, of {whose}"
