"""Two readers' global scores of the same films: what can be asked of any grader."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MultipleLocator

from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.evaluation.reference_standard import References
from radiograde.training.network.severity_network import READERS
from radiograde.training.report.parts import Plot
from radiograde.training.report.score_plots import SIDE
from radiograde.training.report.style import INK, MUTED, plot, sheet

STEP = 3.0


def two_readers(references: References) -> Plot | None:
    """Return one reader's scores over the other's; None with fewer than two films."""
    one, other = (references.of_reader(reader) for reader in READERS)
    known = ~np.isnan(one + other)
    if known.sum() < 2:
        return None
    places, films = np.unique(np.stack([one, other])[:, known], axis=1, return_counts=True)
    figure = sheet(SIDE, SIDE)
    axes = figure.subplots()
    ends = (BRIXIA.low, BRIXIA.high)
    axes.plot(ends, ends, "--", color=INK, linewidth=0.8)
    axes.scatter(places[0], places[1], s=14 * films, color=MUTED, alpha=0.7, linewidth=0)
    limits = (BRIXIA.low - 0.7, BRIXIA.high + 0.7)
    names = [f"reader {reader}" for reader in READERS]
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set(xlabel=f"{names[0]}, points", ylabel=f"{names[1]}, points")
    axes.xaxis.set_major_locator(MultipleLocator(STEP))
    axes.yaxis.set_major_locator(MultipleLocator(STEP))
    error = np.abs(one - other)[known].mean()
    alt = (
        f"{names[1]} against {names[0]} on {known.sum()} films, mean absolute difference "
        f"{error:.2f}; the area of a dot is its number of films."
    )
    return plot(figure, f"Readers {' and '.join(READERS)}, {known.sum()} films", alt)
