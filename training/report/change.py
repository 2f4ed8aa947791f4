"""The section on change over time: whether grades follow a patient as readers' do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.evaluation.measured import Measured
from radiograde.training.evaluation.tables import shown
from radiograde.training.report.parts import Plot, Section, Table
from radiograde.training.report.style import BAND, INK, MUTED, OURS, plot, sheet

FIGURES = (
    ("mae", "mean absolute difference of both changes", ".2f"),
    ("bias", "bias, ours minus the readers'", "+.2f"),
    ("r", "correlation", ".3f"),
    ("same_direction", "same direction, where readers saw change", ".0%"),
    ("repeatability", "repeatability limit, points", ".1f"),
)


def section(measured: Measured) -> Section:
    """Return the changes that were graded beside those that readers saw."""
    change = measured.evaluation["change"]
    known = bool(change.get("ours"))
    return Section(
        "change",
        "Change over time",
        "A dot is a film and the patient's next: to the right readers saw the patient worsen, "
        "upwards Radiograde did. Changes inside the band around the dashed line differ from the "
        "readers' by less than the repeatability limit.",
        [_scatter(change)] if known else [],
        [
            Table(
                f"{change['pairs']} pairs of successive films of {change['patients']} patients",
                ("figure", "value"),
                [(words, shown(change[key], form)) for key, words, form in FIGURES],
            )
        ]
        if known
        else [],
    )


def _scatter(change: Mapping[str, Any]) -> Plot:
    readers, ours = np.array(change["readers"]), np.array(change["ours"])
    limit = change["repeatability"]
    reach = min(BRIXIA.high, 1.0 + float(np.abs([readers, ours]).max()))
    line = np.array([-reach, reach])
    figure = sheet(4.4, 4.4)
    axes = figure.subplots()
    axes.fill_between(line, line - limit, line + limit, color=BAND, alpha=0.6, linewidth=0)
    axes.plot(line, line, "--", color=INK, linewidth=0.8)
    axes.axhline(0, color=MUTED, linewidth=0.6)
    axes.axvline(0, color=MUTED, linewidth=0.6)
    axes.scatter(readers, ours, s=16, color=OURS, alpha=0.7, linewidth=0)
    axes.set(xlim=line, ylim=line, aspect="equal")
    axes.set(xlabel="change that readers saw, points", ylabel="change that Radiograde graded")
    alt = (
        f"Graded change of the global score against the readers' on {len(ours)} pairs of films; "
        f"mean absolute difference {change['mae']:.2f}, repeatability limit {limit:.1f}."
    )
    return plot(figure, "Film to next film", alt)
