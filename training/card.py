"""The model's own facts: the metadata inside the ONNX file, the model card, the README's table.

What a run is worth is taken from what ``evaluate`` measured; none of it is typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from model.metadata import FORMAT
from model.preprocess import Preprocessing
from model.scales import BRIXIA, EXTENT, OPACITY, ZONE, ZONE_NAMES, ZONES
from training.config import TrainConfig
from training.errors import ConfigError
from training.tables import shown

SEVERITY = (1.0, 6.5, 12.5)
"""Global Brixia scores of 1-6 count as mild, 7-12 as moderate, 13-18 as severe; a continuous
score is worded as the whole score it is nearest to."""

INVOLVED = 0.25
"""Opacity from which a point of the lung counts as involved: the middle of the soft step that
the network's share of involvement uses."""

BEGIN, END = "<!-- metrics:begin -->", "<!-- metrics:end -->"


def metadata(
    config: TrainConfig,
    evaluation: Mapping[str, Any],
    name: str,
    licence: str,
    borders: Sequence[float],
) -> dict[str, Any]:
    """Return what the ONNX file says of itself (docs/reference/onnx-file.md)."""
    spec = Preprocessing(size=config.network.input_size)
    return {
        "format": FORMAT,
        "name": name,
        "version": version("radiograde"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "licence": licence,
        "notice": "Research use only. Grades visible involvement; not a diagnosis.",
        "training": {"manifest_sha256": evaluation["manifest"], "films": evaluation["films"]},
        "preprocessing": {"size": spec.size, "low": spec.low, "high": spec.high},
        "zones": list(ZONES),
        "zone_borders": [round(border, 4) for border in borders],
        "scales": {
            scale.name: {"range": [scale.low, scale.high], "meaning": scale.meaning}
            for scale in (ZONE, BRIXIA, EXTENT, OPACITY)
        },
        "intervals": evaluation["intervals"],
        "thresholds": {
            "severity": list(SEVERITY),
            "involved": INVOLVED,
            "least_lung": evaluation["least_lung"],
        },
        "metrics": {
            key: evaluation[key]
            for key in ("agreement", "zone_kappa", "zone_mae", "lung_dice", "clear", "coverage")
        },
    }


def agreement_table(evaluation: Mapping[str, Any]) -> str:
    """Return the side-by-side table as Markdown."""
    lines = [
        "| reference | grader | films | MAE (95 % CI) | bias | r |",
        "|---|---|---|---|---|---|",
    ]
    for row in evaluation["agreement"]:
        found = row["agreement"]
        low, high = found["mae_95"]
        lines.append(
            f"| {row['reference']} | {row['grader']} | {found['films']} "
            f"| {found['mae']:.2f} ({low:.2f}-{high:.2f}) | {found['bias']:+.2f} "
            f"| {shown(found['r'], '.3f')} |"
        )
    return "\n".join(lines)


def summary(evaluation: Mapping[str, Any]) -> str:
    """Return the README's block: the headline figures in one table and two sentences."""
    headline = ("Brixia, readers' mean", "Brixia, reader S", "extent", "opacity")
    rows = [row for row in evaluation["agreement"] if row["reference"] in headline]
    dice = evaluation["lung_dice"]
    covered = shown(evaluation["coverage"]["brixia"], ".0%")
    minutes = sum(evaluation["run"]["seconds"].values()) / 60
    return "\n\n".join(
        [
            agreement_table({"agreement": rows}),
            f"Lungs: Dice {shown(dice['mean'], '.3f')} on {dice['films']} films. "
            f"90 % intervals of the global score cover {covered} of films. "
            f"Training took {minutes:.0f} minutes on {_where(evaluation)}.",
        ]
    )


def check_readme(path: Path) -> None:
    """Raise ConfigError unless the file has the marks between which figures go."""
    text = path.read_text()
    if BEGIN not in text or END not in text:
        raise ConfigError(f"{path} lacks the lines {BEGIN} and {END}.")


def fill_readme(path: Path, evaluation: Mapping[str, Any]) -> None:
    """Write the summary between the marks of a README; see ``check_readme``."""
    check_readme(path)
    text = path.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{summary(evaluation)}\n{END}{after}")


def model_card(
    facts: Mapping[str, Any], evaluation: Mapping[str, Any], difference: float, megabytes: float
) -> str:
    """Return the model card as Markdown, in the sections of Mitchell et al., FAT* 2019."""
    return "\n".join(
        [
            f"# Model card: {facts['name']} {facts['version']}",
            "",
            "Written by `radiograde export` from what `radiograde evaluate` measured.",
            "",
            *_model_details(facts, evaluation, difference, megabytes),
            *_USE,
            *_data(evaluation),
            "## Metrics",
            "",
            "Out of fold: each film is graded by a model that learned from other patients' "
            "severity scores. Peers that grade on another scale are brought onto the reference's "
            "by a line through all other films (`line`), and Radiograde stands beside each on "
            "exactly its films.",
            "",
            agreement_table(evaluation),
            "",
            *_more_metrics(evaluation),
            *_limits(evaluation),
            "## Licence",
            "",
            f"Weights: {facts['licence']}. Code: Apache-2.0.",
            "",
        ]
    )


_USE = [
    "## Intended use",
    "",
    "Research on grading visible lung involvement by pneumonia, COVID-19 first, on one frontal "
    "chest radiograph (PA or AP) of an adult, and its change over time.",
    "",
    "## Not for",
    "",
    "Diagnosing or ruling out COVID-19 or anything else; deciding on treatment; children; "
    "lateral films; CT. It does not replace a radiologist.",
    "",
]


def _model_details(
    facts: Mapping[str, Any], evaluation: Mapping[str, Any], difference: float, megabytes: float
) -> list[str]:
    return [
        "## Model",
        "",
        "One network looks twice: at the whole film for the lungs, then at a box around them. "
        "Zone scores are means of a map of opacity over thirds of each lung.",
        "",
        f"- created {facts['created']}, {megabytes:.1f} MB",
        f"- trained in {sum(evaluation['run']['seconds'].values()) / 60:.0f} minutes on "
        f"{_where(evaluation)}, all folds and the shipped model",
        f"- ONNX beside PyTorch on real films: largest difference {difference:.1e}",
        "",
    ]


def _where(evaluation: Mapping[str, Any]) -> str:
    run = evaluation["run"]
    return f"{run['threads']} CPU cores" if run["device"] == "cpu" else str(run["device"])


def _data(evaluation: Mapping[str, Any]) -> list[str]:
    sources = ", ".join(f"{name} {films}" for name, films in evaluation["sources"].items())
    return [
        "## Data",
        "",
        f"{evaluation['films']} films of {evaluation['patients']} patients, "
        f"{evaluation['graded_films']} of them with severity scores. Films by source: {sources}. "
        "Patients without scores serve for pretraining: lungs, weak findings, view. "
        f"sha256 of the manifest: `{evaluation['manifest']}`.",
        "",
    ]


def _more_metrics(evaluation: Mapping[str, Any]) -> list[str]:
    kappas = "; ".join(
        f"{who}: {shown(value, '.3f')}" for who, value in evaluation["zone_kappa"].items()
    )
    dice, clear = evaluation["lung_dice"], evaluation["clear"]
    half = evaluation["intervals"]
    coverage = "; ".join(
        f"{name} {shown(share, '.1%')}" for name, share in evaluation["coverage"].items()
    )
    zones = ", ".join(
        f"{ZONE_NAMES[zone]} {width:.2f}" for zone, width in zip(ZONES, half["zones"], strict=True)
    )
    lines = [
        f"- zones, quadratic kappa: {kappas}; MAE {shown(evaluation['zone_mae'], '.3f')} of 3",
        f"- lungs: Dice {shown(dice['mean'], '.3f')} on {dice['films']} films",
        f"- {half['level']:.0%} intervals, half-widths: Brixia {half['brixia']:.2f}, extent "
        f"{half['geographic_extent']:.2f}, opacity {half['opacity']:.2f}; zones: {zones}",
        f"- coverage of intervals set on the other folds: {coverage}",
    ]
    if clear["films"]:
        lines.append(
            f"- films labelled clear: mean Brixia {clear['mean_brixia']:.2f}, 95th percentile "
            f"{clear['p95_brixia']:.2f} on {clear['films']} films. Pretraining asked for no "
            "pneumonia on most of them: not out of sample"
        )
    return [*lines, ""]


def _limits(evaluation: Mapping[str, Any]) -> list[str]:
    brixia = evaluation["intervals"]["brixia"]
    return [
        "## Limits",
        "",
        f"- A change of the global score below {brixia:.1f} points lies within one film's "
        "interval; two readers differ as much.",
        "- Films come from few hospitals and from publications: expect other errors elsewhere, "
        "and intervals that are too narrow there.",
        "- Text-mined labels of clear films are wrong in about one of ten.",
        "- Effusion, oedema, fibrosis, masses and atelectasis are dense too and raise the score.",
        "",
    ]


def least_lung(shares: Sequence[float]) -> float:
    """Return the share of lung under which a picture is no chest film.

    Half of what nearly every frontal film has.
    """
    return round(float(np.percentile(np.asarray(shares), 1)) / 2, 3)
