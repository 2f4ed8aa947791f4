"""The model card, in the sections of Mitchell et al., FAT* 2019; every figure was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.training.evaluation.elsewhere import elsewhere_section, table_sections
from radiograde.training.evaluation.evaluation_result import EvaluationMetrics
from radiograde.training.evaluation.metrics import ChangeOverTime
from radiograde.training.evaluation.model_evaluation import ModelEvaluation
from radiograde.training.evaluation.tables import (
    agreement_table,
    markdown,
    shown,
    trained_on,
    training_time,
)


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A model file: what it says, its difference to PyTorch by provider, its size in bytes."""

    metadata: ModelMetadata
    differences: Mapping[str, float]
    size: int


def model_card(
    file: ExportedFile, metrics: EvaluationMetrics, elsewhere: Sequence[ModelEvaluation] = ()
) -> str:
    """Return the model card as Markdown.

    ``elsewhere``: what models of the run reached on films that they never saw.
    """
    metadata = file.metadata
    return "\n".join(
        [
            f"# Model card: {metadata.name} {metadata.version}",
            "",
            "Written by `radiograde export` from what `radiograde evaluate` measured.",
            "",
            *_model_details(file, metrics),
            *_USE,
            *_data(metrics),
            "## At hospitals that it never saw",
            "",
            elsewhere_section(elsewhere),
            "",
            *_metrics(metrics),
            *_limits(metrics),
            "## Licence",
            "",
            f"Weights: {metadata.licence}. Code: Apache-2.0.",
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


def _model_details(file: ExportedFile, metrics: EvaluationMetrics) -> list[str]:
    return [
        "## Model",
        "",
        "One network finds the lungs on the whole film, then grades them in two passes over boxes "
        "around them. Scores are pooled from maps of opacity and of its density, over thirds of "
        "each lung and over each lung; features of the same regions move them within bounds.",
        "",
        f"- created {file.metadata.created}, {file.size / 1e6:.1f} MB",
        f"- trained in {training_time(metrics.run)} on "
        f"{trained_on(metrics.run)}, {_folds(metrics)} and the shipped model",
        *_self_training(metrics),
        f"- ONNX beside PyTorch on real films: largest difference {parity_words(file.differences)}",
        "",
    ]


def _folds(metrics: EvaluationMetrics) -> str:
    folds = metrics.folds
    if folds is None or folds.measured == folds.of:
        return "all folds"
    return f"{folds.measured} of {folds.of} folds"


def parity_words(differences: Mapping[str, float]) -> str:
    """Return how far a graph is from PyTorch on each provider."""
    return ", ".join(
        f"{difference:.1e} ({provider.removesuffix('ExecutionProvider')})"
        for provider, difference in differences.items()
    )


def _self_training(metrics: EvaluationMetrics) -> list[str]:
    if not metrics.run.teacher_minutes:
        return []
    return [
        "- self-training: an earlier run graded the films that no reader graded, and this one "
        "learned from those pseudo-labels too; fold by fold, without the severity scores held out"
    ]


def _data(metrics: EvaluationMetrics) -> list[str]:
    sources = ", ".join(f"{name} {films}" for name, films in metrics.sources.items())
    return [
        "## Data",
        "",
        f"{metrics.films} films of {metrics.patients} patients, "
        f"{metrics.graded_films} of them with severity scores. Films by source: {sources}. "
        "Patients without scores serve for pretraining: lungs, weak findings, view. "
        f"sha256 of the manifest: `{metrics.manifest}`.",
        "",
        *([f"**{metrics.warning}**", ""] if metrics.warning else []),
    ]


def _metrics(metrics: EvaluationMetrics) -> list[str]:
    kappas = "; ".join(f"{who}: {shown(value, '.3f')}" for who, value in metrics.zone_kappa.items())
    dice = metrics.lung_dice
    return [
        "## Metrics, out of fold",
        "",
        "At the hospitals that it learned from: each film is graded by a model that learned from "
        "other patients' severity scores. Comparators that grade on another scale are brought onto "
        "the reference's by a line through all other films (`line`), and Radiograde stands beside "
        "each on exactly its films. Three other readers graded the extent: how near their grades "
        "come to the Brixia readers' bounds what any grader can reach.",
        "",
        *agreement_table(metrics.agreement),
        "",
        f"- zones, quadratic kappa: {kappas}; MAE {shown(metrics.zone_mae, '.3f')} of 3",
        f"- lungs: Dice {shown(dice.mean, '.3f')} on {dice.films} films",
        "",
        *_intervals(metrics),
        *_normal_films(metrics),
        *_subgroups(metrics),
        *_change(metrics),
        *_input_check(metrics),
        *_robustness(metrics),
        *_by_source(metrics),
    ]


def _intervals(metrics: EvaluationMetrics) -> list[str]:
    rows = [
        (name.replace("_", " "), shown(found.share, ".1%"), shown(found.median_width, ".2f"))
        for name, found in metrics.coverage.items()
    ]
    return [
        f"### {metrics.intervals.level:.0%} intervals",
        "",
        "Set on the other folds. An interval is wider where the network expects a larger error, "
        "where its passes over a film disagree, and in the middle of a scale.",
        "",
        *markdown(("scale", "films covered", "median width"), rows),
        "",
    ]


def _normal_films(metrics: EvaluationMetrics) -> list[str]:
    if not metrics.normal_films:
        return []
    rows = [
        (
            f"{kind.source}, {kind.finding}",
            f"{kind.films}",
            f"{kind.mean_brixia:.2f}",
            f"{kind.p95_brixia:.2f}",
            "other folds" if kind.unseen else "other folds; also pretraining",
        )
        for kind in metrics.normal_films
    ]
    header = ("films labelled normal", "films", "mean Brixia", "95th percentile", "label used in")
    return ["### Normal films", "", *markdown(header, rows), ""]


def _subgroups(metrics: EvaluationMetrics) -> list[str]:
    rows = [
        (
            f"{group.by}: {group.name}",
            f"{group.films}",
            f"{group.mae:.2f}",
            f"{group.bias:+.2f}",
            f"{group.coverage:.0%}",
        )
        for group in metrics.subgroups
    ]
    return [
        "### Subgroups",
        "",
        "Global score against the readers' mean. Bias is ours minus theirs.",
        "",
        *markdown(("group", "films", "MAE", "bias", "interval covers"), rows),
        "",
    ]


def _change(metrics: EvaluationMetrics) -> list[str]:
    change = metrics.change
    if not isinstance(change, ChangeOverTime):
        return []
    return [
        "### Change over time",
        "",
        f"{change.pairs} pairs of successive films of {change.patients} patients: the change "
        f"of the global score is off the readers' by {change.mae:.2f} on average (bias "
        f"{change.bias:+.2f}, r {shown(change.r, '.3f')}) and goes their way in "
        f"{shown(change.same_direction, '.0%')} of the pairs that they saw change. Whoever says "
        f"that nothing ever changes is off by {change.null_error:.2f}"
        f". Repeatability limit: {change.repeatability:.1f} points.",
        "",
    ]


def _input_check(metrics: EvaluationMetrics) -> list[str]:
    check = metrics.input_check
    good = ("frontal films to grade", f"{check.films}", f"{check.films_rejected:.1%}")
    rows = [(kind.kind, f"{kind.pictures}", f"{kind.rejected:.1%}") for kind in check.kinds]
    return [
        "### Input check",
        "",
        "What the network alone turns away, each picture judged by an input check that never saw "
        f"it; tags come on top. Area under the ROC {shown(check.auc, '.4f')}.",
        "",
        *markdown(("pictures", "how many", "rejected"), [good, *rows]),
        "",
    ]


def _robustness(metrics: EvaluationMetrics) -> list[str]:
    rows = [
        (
            shift.perturbation,
            f"{shift.films}",
            f"{shift.mean:.2f}",
            f"{shift.bias:+.2f}",
            f"{shift.p95:.2f}",
        )
        for shift in metrics.robustness
    ]
    header = ("film", "films", "mean change", "bias", "95th percentile")
    return ["### Robustness", "", "Change of the global score.", "", *markdown(header, rows), ""]


def _limits(metrics: EvaluationMetrics) -> list[str]:
    limit = metrics.repeatability
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
        "- Text-mined labels of normal films are wrong in about one of ten.",
        "- Effusion, oedema, fibrosis, masses and atelectasis are dense too and raise the score.",
        "- The input check learned children, CT slices and limbs from few pictures: send films "
        "only.",
        "",
    ]


def _by_source(metrics: EvaluationMetrics) -> list[str]:
    if metrics.by_source is None:
        return []
    return ["## Metrics, out of fold, by source", "", *table_sections(metrics.by_source)]
