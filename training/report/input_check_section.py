"""The section on the gate: what it lets pass and what it turns away."""

from __future__ import annotations

import numpy as np

from radiograde.model.scoring.scope import CLASSES, FRONTAL
from radiograde.training.evaluation.measured import Measured
from radiograde.training.evaluation.metrics import Array
from radiograde.training.input_check.held_out import Trial
from radiograde.training.report.parts import Plot, Section, Table
from radiograde.training.report.style import MISSED, MUTED, OURS, plot, sheet

CORNER = 0.1


def section(measured: Measured) -> Section:
    """Return the ROC, every picture's probability, and what is rejected of each kind."""
    gate = measured.evaluation["gate"]
    lateral = measured.study.lateral.numpy()
    films = measured.found.scope[~lateral, CLASSES.index(FRONTAL)].astype(float)
    films = films[~np.isnan(films)]
    drawable = bool(films.size and measured.trial.frontal.size and gate)
    rows = [
        (kind["kind"], f"{kind['pictures']}", f"{kind['rejected']:.1%}")
        for kind in gate.get("kinds", [])
    ]
    if gate:
        good = ("frontal films to grade", f"{gate['films']}", f"{gate['films_rejected']:.1%}")
        rows.insert(0, good)
    return Section(
        "gate",
        "Gate",
        "What the network alone turns away; every picture was judged by a gate that never saw it. "
        "Left: the nearer to the upper left corner, the better; the circle is the threshold in "
        "use. Right: a dot is a picture, those left of the line are rejected.",
        [
            _roc(films, measured.trial.frontal, gate["threshold"]),
            _by_kind(films, measured.trial, gate["threshold"]),
        ]
        if drawable
        else [],
        [
            Table(
                "Rejected pictures by kind",
                ("pictures", "how many", "rejected"),
                rows,
                strong=frozenset({0}),
            )
        ],
    )


def _roc(films: Array, others: Array, threshold: float) -> Plot:
    cuts = np.unique(np.concatenate([films, others, [np.inf]]))
    figure = sheet(4.4, 4.4)
    axes = figure.subplots()
    corner = axes.inset_axes((0.32, 0.12, 0.62, 0.62))
    for place in (axes, corner):
        place.plot(_passing(others, cuts), _passing(films, cuts), color=OURS, linewidth=1.3)
        at = np.array([threshold])
        place.plot(_passing(others, at), _passing(films, at), "o", color=MISSED, fillstyle="none")
        for direction in ("x", "y"):
            getattr(place, f"{direction}axis").set_major_formatter("{x:.0%}")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.set(xlabel="other pictures let pass", ylabel="frontal films let pass")
    corner.set(xlim=(-0.002, CORNER), ylim=(1 - CORNER, 1.002))
    corner.set_title("upper left corner, enlarged", fontsize=8)
    corner.tick_params(labelsize=7)
    alt = (
        f"ROC of the gate on {len(films)} frontal films and {len(others)} other pictures. At the "
        f"threshold it lets pass {_passing(films, at)[0]:.1%} of the films and "
        f"{_passing(others, at)[0]:.1%} of the others."
    )
    return plot(figure, "Receiver operating characteristic", alt)


def _passing(probabilities: Array, cuts: Array) -> Array:
    """Return the share of pictures that each cut (K,) lets pass."""
    below = np.searchsorted(np.sort(probabilities), cuts, "left")
    share: Array = 1.0 - below / len(probabilities)
    return share


def _by_kind(films: Array, trial: Trial, threshold: float) -> Plot:
    kinds = sorted(set(trial.kinds.tolist()))
    groups = {"frontal films": films} | {kind: trial.frontal[trial.kinds == kind] for kind in kinds}
    rng = np.random.default_rng(0)
    figure = sheet(4.9, 4.4)
    axes = figure.subplots()
    for place, values in enumerate(groups.values()):
        heights = place + rng.uniform(-0.3, 0.3, len(values))
        colour = OURS if place == 0 else MUTED
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
