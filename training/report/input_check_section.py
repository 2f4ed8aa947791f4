"""The section on the input check: what it lets pass and what it turns away."""

from __future__ import annotations

import numpy as np

from radiograde.model.scoring.input_check import frontality
from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.evaluation.figures.patient_bootstrap import Array
from radiograde.training.input_check.held_out import HeldOutPictures
from radiograde.training.report.parts import MISSED, MUTED, OURS, Plot, Section, Table, plot, sheet

CORNER = 0.1


def input_check_section(result: EvaluationResult) -> Section:
    """Return the ROC, every picture's probability, and what is rejected of each kind."""
    check, others = result.metrics.input_check, result.held_out_pictures
    frontal = result.dataset.in_scope.numpy()
    films = frontality(result.predictions.scope[frontal]).astype(float)
    films = films[~np.isnan(films)]
    measured = bool(films.size and others.frontal.size)
    good = ("frontal films to grade", f"{check.films}", f"{check.films_rejected:.1%}")
    rows = [(kind.kind, f"{kind.pictures}", f"{kind.rejected:.1%}") for kind in check.kinds]
    return Section(
        "input-check",
        "Input check",
        "What the network alone turns away; every picture was judged by an input check that never "
        "saw it. Left: the nearer to the upper left corner, the better; the circle is the "
        "threshold in use. Right: a dot is a picture, those left of the line are rejected.",
        [
            _roc(films, others.frontal, check.threshold),
            _by_kind(films, others, check.threshold),
        ]
        if measured
        else [],
        [
            Table(
                "Rejected pictures by kind",
                ("pictures", "how many", "rejected"),
                [good, *rows] if measured else [],
                strong=frozenset({0}),
            )
        ],
    )


def _roc(films: Array, others: Array, threshold: float) -> Plot:
    cuts = np.unique(np.concatenate([films, others, [np.inf]]))
    figure = sheet(4.4, 4.4)
    axes = figure.subplots()
    corner = axes.inset_axes((0.32, 0.12, 0.62, 0.62))
    for part in (axes, corner):
        part.plot(_passing(others, cuts), _passing(films, cuts), color=OURS, linewidth=1.3)
        at = np.array([threshold])
        part.plot(_passing(others, at), _passing(films, at), "o", color=MISSED, fillstyle="none")
        for direction in ("x", "y"):
            getattr(part, f"{direction}axis").set_major_formatter("{x:.0%}")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.set(xlabel="other pictures let pass", ylabel="frontal films let pass")
    corner.set(xlim=(-0.002, CORNER), ylim=(1 - CORNER, 1.002))
    corner.set_title("upper left corner, enlarged", fontsize=8)
    corner.tick_params(labelsize=7)
    alt = (
        f"ROC of the input check on {len(films)} frontal films and {len(others)} other pictures. "
        f"At the threshold it lets pass {_passing(films, at)[0]:.1%} of the films and "
        f"{_passing(others, at)[0]:.1%} of the others."
    )
    return plot(figure, "Receiver operating characteristic", alt)


def _passing(probabilities: Array, cuts: Array) -> Array:
    """Return the share of pictures that each cut (K,) lets pass."""
    below = np.searchsorted(np.sort(probabilities), cuts, "left")
    share: Array = 1.0 - below / len(probabilities)
    return share


def _by_kind(films: Array, pictures: HeldOutPictures, threshold: float) -> Plot:
    kinds = sorted(set(pictures.kinds.tolist()))
    groups = {"frontal films": films} | {
        kind: pictures.frontal[pictures.kinds == kind] for kind in kinds
    }
    rng = np.random.default_rng(0)
    figure = sheet(4.9, 4.4)
    axes = figure.subplots()
    for height, values in enumerate(groups.values()):
        heights = height + rng.uniform(-0.3, 0.3, len(values))
        colour = OURS if height == 0 else MUTED
        # Thousands of dots would make the page slow; as pixels they weigh little.
        axes.scatter(values, heights, s=6, color=colour, alpha=0.4, linewidth=0, rasterized=True)
    axes.axvline(threshold, color=MISSED, linewidth=1)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.margins(y=0.02)
    axes.set(xlim=(-0.02, 1.02), xlabel="probability of a frontal film")
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    alt = f"Probability of a frontal film for {len(films)} frontal films and {', '.join(kinds)}."
    return plot(figure, "Every picture", alt)
