"""The figures of films as tables of words: one form for terminal, model card and report page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from radiograde.training.evaluation.figures.patient_bootstrap import Estimate
from radiograde.training.evaluation.figures.real_pictures import PictureKind
from radiograde.training.evaluation.figures.source_figures import SourceFigures
from radiograde.training.evaluation.film_figures import FilmFigures
from radiograde.training.evaluation.metrics import ChangeOverTime
from radiograde.training.evaluation.processing_shifts import ALL_SOURCES

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Rows under a header; the first ``words`` columns hold words. ``reading``: how to read it."""

    anchor: str
    title: str
    reading: str
    header: Row
    rows: Sequence[Row]
    words: int = 1


def figure_tables(figures: FilmFigures) -> list[FigureTable]:
    """Return every table that has a row; 95 % intervals over patients stand in brackets."""
    tables = (
        _agreement(figures.sources),
        _clear(figures.sources),
        _separation(figures.sources),
        _two_scales(figures.sources),
        _intervals(figures.sources),
        _processing(figures),
        _swaps(figures),
        _pictures(figures.pictures),
        _lungs(figures.sources),
        _change(figures),
        _peers(figures),
    )
    return [table for table in tables if table.rows]


def figure(found: Estimate, form: str = ".2f") -> str:
    """Return a figure and its interval in a format."""
    if found.value is None:
        return "not measured"
    value = format(found.value, form)
    if found.ends is None:
        return value
    low, high = (format(end, form) for end in found.ends)
    return f"{value} ({low} to {high})"


def _agreement(sources: Sequence[SourceFigures]) -> FigureTable:
    return FigureTable(
        "sources",
        "Agreement with readers, by source",
        "Points of the scale; bias is grader minus reference. Readers stand beside each other on "
        "the films that we graded.",
        ("source", "scale", "reference", "grader", "films", "MAE", "bias", "r", "kappa"),
        [
            (
                source.source,
                _name(row.scale),
                _reader(row.reference),
                _reader(row.grader),
                f"{row.films}",
                figure(row.mae),
                figure(row.bias, "+.2f"),
                figure(row.r, ".3f"),
                figure(row.kappa, ".3f"),
            )
            for source in sources
            for row in source.agreement
        ],
        words=4,
    )


def _clear(sources: Sequence[SourceFigures]) -> FigureTable:
    return FigureTable(
        "clear",
        "Films that radiologists read as clear",
        "All of these should be graded none, 0 of 18, with nothing painted.",
        (
            "source", "read", "films", "graded none", "moderate or severe", "mean Brixia",
            "95th percentile", "lung painted", "95th percentile",
        ),
        [
            (
                source.source,
                row.read,
                f"{row.films}",
                figure(row.specificity, ".0%"),
                figure(row.moderate, ".1%"),
                figure(row.mean),
                figure(row.p95, ".1f"),
                figure(row.painted, ".0%"),
                figure(row.painted_p95, ".0%"),
            )
            for source in sources
            for row in source.clear
        ],
        words=2,
    )  # fmt: skip


def _separation(sources: Sequence[SourceFigures]) -> FigureTable:
    return FigureTable(
        "separation",
        "Films with a finding beside clear films of the same source",
        "Area under the ROC: the chance that the film with the finding scores higher.",
        ("source", "finding", "scale", "films", "clear films", "area"),
        [
            (
                source.source,
                row.read,
                _name(row.scale),
                f"{row.films}",
                f"{row.clear}",
                figure(row.auc, ".3f"),
            )
            for source in sources
            for row in source.separation
        ],
        words=3,
    )


def _two_scales(sources: Sequence[SourceFigures]) -> FigureTable:
    return FigureTable(
        "two-scales",
        "Are extent and opacity two things?",
        "Correlation of a grader's own two scales; and how a grader's opacity agrees with the "
        "reference's beyond what the extent of each says: 0, and opacity says nothing of its own.",
        ("source", "reference", "grader", "films", "extent with opacity", "opacity beyond extent"),
        [
            (
                source.source,
                _reader(row.reference),
                _reader(row.grader),
                f"{row.films}",
                figure(row.together, ".3f"),
                figure(row.opacity_beyond_extent),
            )
            for source in sources
            for row in source.two_scales
        ],
        words=3,
    )


def _intervals(sources: Sequence[SourceFigures]) -> FigureTable:
    return FigureTable(
        "source-intervals",
        "Prediction intervals, by source",
        "Share of films whose interval holds the readers' mean, and whether the interval is wider "
        "where the error is larger (correlation).",
        ("source", "scale", "films", "covered", "mean width", "width with error"),
        [
            (
                source.source,
                _name(row.scale),
                f"{row.films}",
                figure(row.coverage, ".0%"),
                figure(row.width),
                figure(row.width_and_error),
            )
            for source in sources
            for row in source.intervals
        ],
        words=2,
    )


def _processing(figures: FilmFigures) -> FigureTable:
    """Return a row a change: of all films, then how far it moves those of each source."""
    shifts = {(one.source, one.processing): one for one in figures.processing}
    names = list(dict.fromkeys(one.processing for one in figures.processing))
    sources = list(dict.fromkeys(one.source for one in figures.processing))[1:]
    films = max((one.films for one in figures.processing), default=0)
    return FigureTable(
        "processing",
        "The same films, processed as another vendor would",
        f"Absolute change of the global score on {films} films, as many of each source; the last "
        "columns are its mean by source.",
        ("processing", "mean", "bias", "95th percentile", "turned away", *sources),
        [
            (
                name,
                figure(shifts[ALL_SOURCES, name].moved),
                figure(shifts[ALL_SOURCES, name].bias, "+.2f"),
                figure(shifts[ALL_SOURCES, name].p95, ".1f"),
                figure(shifts[ALL_SOURCES, name].turned_away, ".0%"),
                *(_value(shifts[source, name].moved) for source in sources),
            )
            for name in names
        ],
    )


def _swaps(figures: FilmFigures) -> FigureTable:
    return FigureTable(
        "swaps",
        "Swap test: the lungs in other surroundings",
        "A film's lungs are set into another film without lungs, of the same source or of another. "
        "Change of the global score, and the share of the two films' difference that it follows: 0 "
        "for a grader of lungs, 1 for one of surroundings. Last, films graded though their lungs "
        "were blanked: none should be.",
        (
            "source", "films", "same source: change", "follows", "other source: change", "follows",
            "turned away", "graded without lungs",
        ),
        [
            (
                one.source,
                f"{one.films}",
                figure(one.same_source),
                figure(one.follows_same),
                figure(one.other_source),
                figure(one.follows_other),
                figure(one.turned_away, ".0%"),
                figure(one.blanked_scored, ".0%"),
            )
            for one in figures.swaps
        ],
    )  # fmt: skip


def _pictures(kinds: Sequence[PictureKind]) -> FigureTable:
    return FigureTable(
        "pictures",
        "Input check on real pictures",
        "Ordinary films should not be turned away, everything else should. No drawn or degraded "
        "picture is counted.",
        ("pictures", "source", "how many", "turned away", "most given reasons"),
        [
            (
                one.kind,
                one.source,
                f"{one.pictures}",
                figure(one.turned_away, ".1%"),
                ", ".join(f"{code} {times}" for code, times in list(one.reasons.items())[:3]),
            )
            for one in kinds
        ],
        words=2,
    )


def _lungs(sources: Sequence[SourceFigures]) -> FigureTable:
    return FigureTable(
        "lungs",
        "Lungs beside drawn masks, each lung apart",
        "Dice. Whoever drew the masks left the lung behind the heart in or out; the last column is "
        "the share of films whose lungs fit better when right and left are exchanged.",
        (
            "source", "masks", "films", "right lung", "left lung", "both", "5th percentile",
            "exchanged",
        ),
        [
            (
                source.source,
                row.convention,
                f"{row.films}",
                *(figure(one, ".3f") for one in (row.right, row.left, row.both, row.both_p5)),
                figure(row.swapped, ".1%"),
            )
            for source in sources
            for row in source.lungs
        ],
        words=2,
    )  # fmt: skip


def _change(figures: FilmFigures) -> FigureTable:
    change = figures.change
    rows: list[Row] = []
    if isinstance(change, ChangeOverTime) and change.no_change is not None:
        low, high = change.mae_95
        rows = [
            ("pairs of films (patients)", f"{change.pairs} ({change.patients})"),
            ("error of the change", f"{change.mae:.2f} ({low:.2f} to {high:.2f})"),
            ("error of saying that nothing changes", f"{change.no_change:.2f}"),
            ("gain over that", figure(change.gain, "+.2f")),
        ]
    return FigureTable(
        "change-null",
        "Change over time beside no change",
        "Global score, a film and the patient's next; points.",
        ("figure", "value"),
        rows,
    )


def _peers(figures: FilmFigures) -> FigureTable:
    return FigureTable(
        "peers",
        "Beside published systems, film by film",
        "By how much our mean absolute error is smaller than theirs on the same films; negative "
        "where they are nearer.",
        ("reference", "beside", "films", "gain"),
        [
            (row.reference, row.grader.partition("films of ")[2], f"{row.agreement.films}",
             figure(row.gain, "+.2f"))
            for row in figures.peers
            if row.gain is not None
        ],
        words=2,
    )  # fmt: skip


def _value(found: Estimate) -> str:
    return "not measured" if found.value is None else f"{found.value:.2f}"


def _name(scale: str) -> str:
    return {"brixia": "Brixia", "geographic_extent": "extent"}.get(scale, scale)


def _reader(name: str) -> str:
    return name if name in ("Radiograde", "readers' mean") else f"reader {name}"
