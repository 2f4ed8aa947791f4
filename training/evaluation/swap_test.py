"""Does the score look at the lungs? Their surroundings are exchanged, or they are blanked.

Films of one source share borders, markers, arms, exposure. A model that learned the source from
them grades the surroundings. So each film's lungs are set into the surroundings of two others: of
a film of its own source, which shows what the setting-in itself does, and of another source. How
far the score follows is the slope of its change on the difference between both films' scores: 0
for a grader of lungs, 1 for a grader of surroundings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.film_sample import SampleFilm
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate, estimate
from radiograde.training.evaluation.served.film_grader import FilmGrader, FilmTask
from radiograde.training.evaluation.served.served_grading import ServedGrading, read_as_served
from radiograde.training.evaluation.vendor_processing import blurred

Picture = NDArray[np.float32]
Mask = NDArray[np.bool_]

MARGIN = 0.02
"""What is kept around the lungs, and how softly it ends: a share of the film's longer side."""

BLANK_BLUR = 0.1
"""How far around the lungs the grey is taken from that blanks them: a share of the longer side."""

BLANKED = "lungs blanked"
EXPOSURE = (0.5, 99.5)
SEED = 1


@dataclass(frozen=True, slots=True)
class SwapFigures:
    """The films of one source in other surroundings, and without lungs.

    ``same_source``, ``other_source``: mean absolute change of the global score, points.
    ``follows_same``, ``follows_other``: the slope, 0 for a grader of lungs. ``turned_away``: share
    in another source's surroundings. ``blanked_scored``: share of films that were graded though
    their lungs had been blanked.
    """

    source: str
    films: int
    same_source: Estimate
    follows_same: Estimate
    other_source: Estimate
    follows_other: Estimate
    turned_away: Estimate
    blanked_scored: Estimate


def swap_figures(grader: FilmGrader, sample: Sequence[SampleFilm]) -> list[SwapFigures]:
    """Return the figures of each source of the sample; nothing where there is one source alone."""
    sources = sorted({one.source for one in sample})
    if len(sources) < 2:
        return []
    partners = _partners(sample)
    tasks = [
        FilmTask(
            one.film,
            {
                _name(same): partial(in_surroundings, lungs=one.lungs, other=same),
                _name(other): partial(in_surroundings, lungs=one.lungs, other=other),
                BLANKED: partial(blanked, lungs=one.lungs),
            },
        )
        for one, (same, other) in zip(sample, partners, strict=True)
    ]
    graded = grader.grade(tasks, "Exchanging surroundings")
    return [_of_source(source, sample, partners, graded) for source in sources]


def in_surroundings(film: Picture, lungs: Mask, other: SampleFilm) -> Picture:
    """Return the film's lungs, where ``lungs`` (h, w) says, in the surroundings of another film.

    The other film is moved so that its lungs' box covers this one's, and its lungs are blanked.
    """
    theirs = _exposed(read_as_served(other.film).pixels)
    mask, their_mask = _resized(lungs, film.shape), _resized(other.lungs, theirs.shape)
    around = _moved(_filled(theirs, their_mask), _box(their_mask), film.shape, _box(mask))
    kept = blurred(_widened(mask).astype(np.float32), MARGIN / 2 * max(film.shape))
    composed: Picture = (kept * _exposed(film) + (1 - kept) * around).astype(np.float32)
    return composed


def blanked(film: Picture, lungs: Mask) -> Picture:
    """Return the film with its lungs, where ``lungs`` (h, w) says, filled with the grey around."""
    return _filled(film, _resized(lungs, film.shape))


def _filled(film: Picture, mask: Mask) -> Picture:
    radius = BLANK_BLUR * max(film.shape)
    inside = _widened(mask)
    outside = (~inside).astype(np.float32)
    grey = blurred(film * outside, radius) / np.maximum(blurred(outside, radius), 1e-3)
    filled: Picture = np.where(inside, grey, film).astype(np.float32)
    return filled


def _widened(mask: Mask) -> Mask:
    wide: Mask = blurred(mask.astype(np.float32), MARGIN * max(mask.shape)) > 0.1
    return wide


def _partners(sample: Sequence[SampleFilm]) -> list[tuple[SampleFilm, SampleFilm]]:
    """Return for each film one of its own source, and one of another, of other patients."""
    rng = np.random.default_rng(SEED)
    found = []
    for one in sample:
        near = [b for b in sample if b.source == one.source and b.film.patient != one.film.patient]
        far = [other for other in sample if other.source != one.source]
        pools = (near or [one], far)
        same, other = (pool[int(rng.integers(len(pool)))] for pool in pools)
        found.append((same, other))
    return found


def _name(other: SampleFilm) -> str:
    digest = hashlib.sha256(other.film.image.read_bytes()).hexdigest()
    return f"surroundings of {digest[:16]}"


def _of_source(
    source: str,
    sample: Sequence[SampleFilm],
    partners: Sequence[tuple[SampleFilm, SampleFilm]],
    graded: Sequence[Mapping[str, ServedGrading]],
) -> SwapFigures:
    rows = [n for n, one in enumerate(sample) if one.source == source]
    patients = [sample[n].film.patient for n in rows]
    own = np.array([sample[n].score for n in rows])
    moved, apart = {}, {}
    for kind in (0, 1):
        others = [partners[n][kind] for n in rows]
        after = [graded[n][_name(other)].brixia for n, other in zip(rows, others, strict=True)]
        moved[kind] = np.array(after) - own
        apart[kind] = np.array([other.score for other in others]) - own
    still = np.array([float(graded[n][BLANKED].is_scored) for n in rows])
    return SwapFigures(
        source,
        len(rows),
        estimate(statistics.mean, patients, np.abs(moved[0])),
        estimate(statistics.slope, patients, moved[0], apart[0]),
        estimate(statistics.mean, patients, np.abs(moved[1])),
        estimate(statistics.slope, patients, moved[1], apart[1]),
        estimate(statistics.mean, patients, np.isnan(moved[1]).astype(float)),
        estimate(statistics.mean, patients, still),
    )


def _exposed(film: Picture) -> Picture:
    low, high = np.percentile(film, EXPOSURE)
    stretched: Picture = np.clip((film - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)
    return stretched


def _resized(mask: Mask, shape: tuple[int, ...]) -> Mask:
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    resized = np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BILINEAR))
    inside: Mask = resized >= 128
    return inside


def _box(mask: Mask) -> tuple[float, float, float, float]:
    """Return left, top, width and height of what is set; the whole where nothing is."""
    if not mask.any():
        return 0.0, 0.0, float(mask.shape[1]), float(mask.shape[0])
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (
        float(columns[0]),
        float(rows[0]),
        float(columns[-1] - columns[0] + 1),
        float(rows[-1] - rows[0] + 1),
    )


def _moved(
    film: Picture,
    box: tuple[float, float, float, float],
    shape: tuple[int, ...],
    onto: tuple[float, float, float, float],
) -> Picture:
    """Return the film in another shape, with one box of it where another lies there."""
    across, down = box[2] / onto[2], box[3] / onto[3]
    placed = (across, 0, box[0] - across * onto[0], 0, down, box[1] - down * onto[1])
    picture = Image.fromarray(film).transform(
        (shape[1], shape[0]), Image.Transform.AFFINE, placed, Image.Resampling.BILINEAR
    )
    return np.asarray(picture, np.float32)
