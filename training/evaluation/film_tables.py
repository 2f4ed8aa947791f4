"""Tables of figures of all films together, or of a sample of them; see ``figure_tables``."""

from __future__ import annotations

from collections.abc import Sequence

from radiograde.training.evaluation.figures.real_pictures import PictureKind
from radiograde.training.evaluation.film_figures import FilmFigures
from radiograde.training.evaluation.metrics import ChangeOverTime
from radiograde.training.evaluation.processing_shifts import ALL_SOURCES
from radiograde.training.evaluation.worded_figures import FigureTable, Row, figure, value_alone


def processing_table(figures: FilmFigures) -> FigureTable:
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
                *(value_alone(shifts[source, name].moved) for source in sources),
            )
            for name in names
        ],
    )


def swaps_table(figures: FilmFigures) -> FigureTable:
    """Return how far the score follows the surroundings of the lungs."""
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


def probe_table(figures: FilmFigures) -> FigureTable:
    """Return how well a film's source is read off the network and off the picture."""
    probe = figures.probe
    rows: list[Row] = []
    if probe is not None:
        rows = [
            ("blindly", f"{probe.chance:.0%}"),
            (
                "shape, brightness, borders and sharpness of the picture",
                figure(probe.picture, ".0%"),
            ),
            ("the network's summary of the whole film", figure(probe.network, ".0%")),
        ]
    named = ", ".join(probe.sources) if probe is not None else ""
    return FigureTable(
        "probe",
        "Can the source be read off the network?",
        f"A linear probe, cross-validated by patient, names a film's source ({named}), of "
        f"{probe.films if probe is not None else 0} films. A source that is found could serve as "
        "a shortcut; the swap test says whether the score follows it.",
        ("read off", "named rightly"),
        rows,
    )


def pictures_table(kinds: Sequence[PictureKind]) -> FigureTable:
    """Return what the input check turns away of real pictures."""
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


def change_table(figures: FilmFigures) -> FigureTable:
    """Return the error of change over time beside that of saying that nothing changes."""
    change = figures.change
    rows: list[Row] = []
    if isinstance(change, ChangeOverTime):
        low, high = change.mae_95
        rows = [
            ("pairs of films (patients)", f"{change.pairs} ({change.patients})"),
            ("error of the change", f"{change.mae:.2f} ({low:.2f} to {high:.2f})"),
            ("error of saying that nothing changes", f"{change.null_error:.2f}"),
            ("gain over that", figure(change.gain, "+.2f")),
        ]
    return FigureTable(
        "change-null",
        "Change over time beside no change",
        "Global score, a film and the patient's next; points.",
        ("figure", "value"),
        rows,
    )


def peers_table(figures: FilmFigures) -> FigureTable:
    """Return by how much we are nearer than published systems, film by film."""
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
