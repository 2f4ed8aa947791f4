"""The section on films that should score nothing."""

from __future__ import annotations

from radiograde.training.evaluation.measured import Measured
from radiograde.training.report.parts import Section, Table


def section(measured: Measured) -> Section:
    """Return the global scores of films labelled clear."""
    return Section(
        "clear",
        "Clear films",
        "These films are labelled free of pneumonia: the nearer to 0, the better. Labels mined "
        "from reports can be wrong, which the 95th percentile feels most.",
        tables=[
            Table(
                "Global score of films labelled clear",
                ("source", "label", "told clear to", "films", "mean", "95th percentile"),
                [
                    (
                        kind["source"],
                        kind["finding"],
                        "other folds" if kind["unseen"] else "other folds; also pretraining",
                        f"{kind['films']}",
                        f"{kind['mean_brixia']:.2f}",
                        f"{kind['p95_brixia']:.2f}",
                    )
                    for kind in measured.evaluation["clear"]
                ],
                words=3,
            )
        ],
    )
