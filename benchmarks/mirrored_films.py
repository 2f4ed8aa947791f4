"""Films without orientation that are mirrored: how many are told, and how many others are doubted.

The side of the heart is learned from films of all sources but one and judged on that one, in turn.

    python -m benchmarks.mirrored_films FOLDER...        (labelled films, a manifest each)
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.stopwatch import RESULTS
from radiograde.data.film import OUT_OF_SCOPE, Film
from radiograde.data.manifest import load
from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.film_file import read
from radiograde.model.reading.grey import Pixels
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.heart_side import COLUMNS, WRONG, features, side_of_heart
from radiograde.model.scoring.input_check import ADULT_YEARS
from radiograde.model.scoring.preprocess import prepare
from radiograde.model.scoring.scorer import Scorer

RIDGE = 30.0
"""How much weights are held back, in films."""

Found = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """What is seen of a film, and of its mirror image."""

    source: str
    film: Found
    mirror: Found


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--most", default=150, show_default=True, help="Films of a source, one a patient.")
@click.option("--seed", default=5, show_default=True, help="Of the films that are chosen.")
@click.option("--weights", is_flag=True, help="Print the weights learned from all films.")
def main(folders: tuple[Path, ...], most: int, seed: int, *, weights: bool) -> None:
    """Judge films of each source and write benchmarks/results/mirrored_films.json."""
    films = chosen(load(*folders).films, most, random.Random(seed))  # noqa: S311 - not a secret
    pairs = list(seen(films))
    sources = sorted({pair.source for pair in pairs})
    left_out = {}
    for source in sources:
        learned = fit([pair for pair in pairs if pair.source != source])
        left_out[source] = counted([pair for pair in pairs if pair.source == source], learned)
    total = {key: sum(counts[key] for counts in left_out.values()) for key in KEYS}
    document = {
        "benchmark": "mirrored_films",
        "seed": seed,
        "learned from other sources": {**left_out, "all": total},
        "as shipped": counted(pairs, None),
    }
    if weights:
        for row in np.round(1000 * fit(pairs)).astype(int).reshape(-1, COLUMNS // 2).tolist():
            click.echo(f"    ({', '.join(map(str, row))}),")
    target = RESULTS / "mirrored_films.json"
    target.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{json.dumps(document, indent=2)}\n{target}")


def chosen(films: Sequence[Film], most: int, rng: random.Random) -> list[Film]:
    """Return one frontal film of each of some adults of each source."""
    firsts: dict[tuple[str, str], Film] = {}
    for film in films:
        child = film.age is not None and film.age < ADULT_YEARS
        if film.view != "L" and not child and not film.read.startswith(OUT_OF_SCOPE):
            firsts.setdefault((film.source, film.patient), film)
    found = []
    for source in sorted({film.source for film in firsts.values()}):
        of_source = [film for film in firsts.values() if film.source == source]
        found += rng.sample(of_source, min(most, len(of_source)))
    return found


def seen(films: Iterable[Film]) -> Iterable[Pair]:
    """Yield what is seen of each film that is graded, as it is and mirrored."""
    scorer = Scorer()
    for film in films:
        try:
            radiograph = read(film.image.read_bytes())
        except RadiogradeError:
            continue
        mirrored = np.ascontiguousarray(radiograph.pixels[:, ::-1])
        both = [
            _features(one, scorer)
            for one in (radiograph, replace(radiograph, grey=Pixels(mirrored)))
        ]
        if both[0] is not None and both[1] is not None:
            yield Pair(film.source, both[0], both[1])


def _features(radiograph: Radiograph, scorer: Scorer) -> Found | None:
    maps = scorer.score(radiograph).maps
    if maps is None:
        return None
    preprocessing = scorer.metadata.preprocessing
    square, letterbox = prepare(radiograph.grey, preprocessing, radiograph.pixel_aspect)
    return features(letterbox.crop(square), maps.lungs)


def fit(pairs: Sequence[Pair]) -> Found:
    """Return the weights by which films come to 1 and mirrored ones to -1, small sources counting
    more (ridge regression).
    """
    names = [pair.source for pair in pairs]
    counts = np.array([1 / np.sqrt(names.count(name)) for name in names])
    counts = np.tile(counts / counts.mean(), 2)
    rows = np.array([pair.film for pair in pairs] + [-pair.mirror for pair in pairs])
    weighted = rows * counts[:, None]
    held = weighted.T @ rows + RIDGE * np.eye(rows.shape[1])
    weights: Found = np.linalg.solve(held, weighted.sum(axis=0))
    return weights


KEYS = ("films", "doubted", "mirrored and told")


def counted(pairs: Sequence[Pair], weights: Found | None) -> dict[str, int]:
    """Return how many films, and how many mirrored ones, are doubted; None: by what is shipped."""

    def doubted(found: Found) -> bool:
        side = side_of_heart(found) if weights is None else float(found @ weights)
        return side < -WRONG

    told = sum(doubted(pair.mirror) for pair in pairs)
    values = len(pairs), sum(doubted(pair.film) for pair in pairs), told
    return dict(zip(KEYS, values, strict=True))


if __name__ == "__main__":
    main()
