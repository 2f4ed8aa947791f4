"""The sections on each source alone, of a run as of a model file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from radiograde.training.evaluation.figure_tables import figure_tables
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.scale_figures import MEAN, OURS
from radiograde.training.evaluation.film_figures import FilmFigures
from radiograde.training.evaluation.model_evaluation import ModelEvaluation
from radiograde.training.evaluation.served.served_grading import read_as_served
from radiograde.training.evaluation.worded_figures import figure
from radiograde.training.report.parts import Case, Plot, Section, Table, Tile
from radiograde.training.report.score_plots import against_readers
from radiograde.training.report.worst_films import MOST, thumbnail

NAMES = {"brixia": "Global Brixia", "geographic_extent": "Extent", "opacity": "Opacity"}


def source_sections(figures: FilmFigures) -> list[Section]:
    """Return a section a table of figures; brackets hold 95 % intervals over patients."""
    return [
        Section(
            f"by-source-{found.anchor}",
            found.title,
            found.reading,
            tables=[Table(found.title, found.header, found.rows, words=found.words)],
        )
        for found in figure_tables(figures)
    ]


def source_plots_section(graded: GradedFilms, level: float) -> Section:
    """Return each source's grades over the readers' mean, a plot a scale."""
    return Section(
        "by-source-plots",
        "Grades over the readers', by source",
        "A dot is a film: on the dashed line it is graded as the readers' mean, above it higher. "
        f"The thin bar is its {level:.0%} interval.",
        list(_plots(graded, level)),
    )


def _plots(graded: GradedFilms, level: float) -> Iterator[Plot]:
    for source, films in graded.of(graded.in_scope).by_source().items():
        for name, title in NAMES.items():
            drawn = against_readers(films.scales[name], f"{title}, {source}", level)
            if drawn is not None:
                yield drawn


def source_tiles(evaluation: ModelEvaluation) -> list[Tile]:
    """Return what is read first: errors and clear films of each source."""
    tiles = []
    for source in evaluation.figures.sources:
        for row in source.agreement:
            if (row.reference, row.grader) == (MEAN, OURS):
                label = f"{NAMES[row.scale]} at {source.source}, mean absolute error"
                note = f"bias {figure(row.bias, '+.2f')}, r {figure(row.r)}, {row.films} films"
                tiles.append(Tile(label, f"{row.mae.value:.2f}", note))
        for clear in source.clear:
            label = f"Films read as {clear.read} at {source.source}, graded none"
            tiles.append(Tile(label, f"{clear.specificity.value:.0%}", f"{clear.films} films"))
    return tiles


def worst_served_section(graded: GradedFilms) -> Section:
    """Return the films that are furthest from the readers' mean, as a share of the scale."""
    worst = sorted(_errors(graded), reverse=True)[:MOST]
    return Section(
        "worst",
        "Worst films",
        "The films that are furthest from the readers' mean on any scale, worst first, with their "
        "intervals.",
        cases=[_case(graded, scale, number) for _, number, scale in worst],
    )


def _errors(graded: GradedFilms) -> Iterator[tuple[float, int, str]]:
    for name, grades in graded.scales.items():
        error = np.abs(grades.values - grades.reference) / grades.scale.high
        yield from ((float(error[n]), int(n), name) for n in np.flatnonzero(grades.known))


def _case(graded: GradedFilms, scale: str, number: int) -> Case:
    film, grades = graded.films[number], graded.scales[scale]
    ours, readers = float(grades.values[number]), float(grades.reference[number])
    facts = [
        (NAMES[scale], f"{ours:.1f} ({grades.low[number]:.1f}-{grades.high[number]:.1f})"),
        ("readers' mean", f"{readers:g}"),
        ("error", f"{ours - readers:+.1f}"),
        ("source", film.source or "not named"),
        ("view", film.view or "not named"),
    ]
    title = film.place(several=film.table > 0).capitalize()
    alt = f"{title}: {', '.join(f'{name} {value}' for name, value in facts)}."
    pixels = np.clip(read_as_served(film).pixels, 0, 1) * 255
    return Case(thumbnail(pixels.astype(np.uint8), title, alt), facts, ())
