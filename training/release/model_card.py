"""The model card, in the sections of Mitchell et al., FAT* 2019; every figure was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from radiograde.training.evaluation.tables import (
    agreement_table,
    markdown,
    shown,
    trained_on,
    training_time,
)


def model_card(
    facts: Mapping[str, Any], evaluation: Mapping[str, Any], difference: float, megabytes: float
) -> str:
    """Return the model card as Markdown."""
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
            "exactly its films. Three other readers graded the extent: how near their grades come "
            "to the Brixia readers' bounds what can be asked of any grader.",
            "",
            *agreement_table(evaluation["agreement"]),
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
        "One network looks at the whole film for the lungs, then twice at a box around them. "
        "Zone scores are means of a map of opacity over thirds of each lung.",
        "",
        f"- created {facts['created']}, {megabytes:.1f} MB",
        f"- trained in {training_time(evaluation)} on "
        f"{trained_on(evaluation)}, all folds and the shipped model",
        *_teacher(evaluation),
        f"- ONNX beside PyTorch on real films: largest difference {difference:.1e}",
        "",
    ]


def _teacher(evaluation: Mapping[str, Any]) -> list[str]:
    if not evaluation["run"].get("teacher_minutes"):
        return []
    return [
        "- self-training: an earlier run graded the films that no reader graded, and this one "
        "learned from those grades too; fold by fold, without the severity scores held out"
    ]


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
    dice = evaluation["lung_dice"]
    return [
        f"- zones, quadratic kappa: {kappas}; MAE {shown(evaluation['zone_mae'], '.3f')} of 3",
        f"- lungs: Dice {shown(dice['mean'], '.3f')} on {dice['films']} films",
        "",
        *_intervals(evaluation),
        *_clear(evaluation),
        *_subgroups(evaluation),
        *_change(evaluation),
        *_gate(evaluation),
        *_robustness(evaluation),
    ]


def _intervals(evaluation: Mapping[str, Any]) -> list[str]:
    level = evaluation["intervals"]["level"]
    rows = [
        (name.replace("_", " "), shown(found["share"], ".1%"), shown(found["median_width"], ".2f"))
        for name, found in evaluation["coverage"].items()
    ]
    return [
        f"### {level:.0%} intervals",
        "",
        "Set on the other folds. An interval is wider where the looks at a film disagree and in "
        "the middle of a scale.",
        "",
        *markdown(("scale", "films covered", "median width"), rows),
        "",
    ]


def _clear(evaluation: Mapping[str, Any]) -> list[str]:
    if not evaluation["clear"]:
        return []
    rows = [
        (
            f"{kind['source']}, {kind['finding']}",
            f"{kind['films']}",
            f"{kind['mean_brixia']:.2f}",
            f"{kind['p95_brixia']:.2f}",
            "other folds" if kind["unseen"] else "other folds; also pretraining",
        )
        for kind in evaluation["clear"]
    ]
    header = ("films labelled clear", "films", "mean Brixia", "95th percentile", "told clear to")
    return ["### Clear films", "", *markdown(header, rows), ""]


def _subgroups(evaluation: Mapping[str, Any]) -> list[str]:
    rows = [
        (
            f"{group['by']}: {group['name']}",
            f"{group['films']}",
            f"{group['mae']:.2f}",
            f"{group['bias']:+.2f}",
            f"{group['coverage']:.0%}",
        )
        for group in evaluation["subgroups"]
    ]
    return [
        "### Subgroups",
        "",
        "Global score against the readers' mean. Bias is ours minus theirs.",
        "",
        *markdown(("group", "films", "MAE", "bias", "interval covers"), rows),
        "",
    ]


def _change(evaluation: Mapping[str, Any]) -> list[str]:
    change = evaluation["change"]
    if "mae" not in change:
        return []
    return [
        "### Change over time",
        "",
        f"{change['pairs']} pairs of successive films of {change['patients']} patients: the change "
        f"of the global score is off the readers' by {change['mae']:.2f} on average (bias "
        f"{change['bias']:+.2f}, r {shown(change['r'], '.3f')}) and goes their way in "
        f"{shown(change['same_direction'], '.0%')} of the pairs that they saw change. "
        f"Repeatability limit: {change['repeatability']:.1f} points.",
        "",
    ]


def _gate(evaluation: Mapping[str, Any]) -> list[str]:
    gate = evaluation["gate"]
    rows = [
        (kind["kind"], f"{kind['pictures']}", f"{kind['rejected']:.1%}") for kind in gate["kinds"]
    ]
    return [
        "### Gate",
        "",
        "What the network alone turns away, each picture judged by a gate that never saw it; tags "
        f"come on top. Area under the ROC {gate['auc']:.4f}.",
        "",
        *markdown(
            ("pictures", "how many", "rejected"),
            [
                ("frontal films to grade", f"{gate['films']}", f"{gate['films_rejected']:.1%}"),
                *rows,
            ],
        ),
        "",
    ]


def _robustness(evaluation: Mapping[str, Any]) -> list[str]:
    rows = [
        (
            shift["perturbation"],
            f"{shift['films']}",
            f"{shift['mean']:.2f}",
            f"{shift['bias']:+.2f}",
            f"{shift['p95']:.2f}",
        )
        for shift in evaluation["robustness"]
    ]
    header = ("film", "films", "mean change", "bias", "95th percentile")
    return ["### Robustness", "", "Change of the global score.", "", *markdown(header, rows), ""]


def _limits(evaluation: Mapping[str, Any]) -> list[str]:
    limit = evaluation["change"].get("repeatability")
    return [
        "## Limits",
        "",
        *(
            []
            if limit is None
            else [
                f"- A change of the global score below {limit:.1f} points is within what an "
                "unchanged patient's films show."
            ]
        ),
        "- Films come from few hospitals and from publications: expect other errors elsewhere, "
        "and intervals that are too narrow there.",
        "- Text-mined labels of clear films are wrong in about one of ten.",
        "- Effusion, oedema, fibrosis, masses and atelectasis are dense too and raise the score.",
        "- The gate learned children, CT slices and limbs from few pictures: send films only.",
        "",
    ]
