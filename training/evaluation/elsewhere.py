"""The model card's section on hospitals that the model never saw: it stands before all others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from radiograde.training.errors import ConfigError
from radiograde.training.evaluation.figure_tables import figure_tables
from radiograde.training.evaluation.film_figures import FilmFigures
from radiograde.training.evaluation.model_evaluation import ModelEvaluation
from radiograde.training.evaluation.tables import markdown
from radiograde.training.evaluation.worded_figures import figure

BEGIN, END = "<!-- elsewhere:begin -->", "<!-- elsewhere:end -->"

UNMEASURED = (
    "Not measured yet. `radiograde evaluate --model FILE --data FILMS --card MODEL_CARD.md` writes "
    "it here."
)

TUNED = (
    "What was tuned on what: architecture, losses and augmentation were chosen by out-of-fold "
    "figures and by those of RALO left out of training, which flatters both. Calibration, the "
    "intervals' rule and the input check's threshold were fitted to out-of-fold grades of the "
    "films that the model learned from, and measured on folds that they were not fitted to. The "
    "network that ships learned from every fold and has no out-of-fold figure of its own. No "
    "weight, calibration, interval or input check was fitted to films that a model never saw."
)


def elsewhere_section(evaluations: Sequence[ModelEvaluation]) -> str:
    """Return the section as Markdown, with the marks that ``fill_card`` looks for."""
    text = [line for one in evaluations for line in _lines(one)] or [UNMEASURED, ""]
    return "\n".join([BEGIN, *_left_out(evaluations), *text, END])


def check_card(path: Path) -> None:
    """Raise ConfigError unless the file has the marks between which the section goes."""
    text = path.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ConfigError(f"{path} lacks the lines {BEGIN} and {END}.")


def fill_card(path: Path, evaluations: Sequence[ModelEvaluation]) -> None:
    """Write the section between the marks of a model card; see ``check_card``."""
    check_card(path)
    text = path.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    path.write_text(f"{before}{elsewhere_section(evaluations)}{after}", encoding="utf-8")


def _left_out(evaluations: Sequence[ModelEvaluation]) -> list[str]:
    """Return the table of models that a source was kept from, each measured on that source."""
    rows = [
        (one.left_out, row.scale.replace("_", " "), f"{row.films}", figure(row.mae),
         figure(row.bias, "+.2f"), figure(row.r, ".3f"))
        for one in evaluations
        if one.left_out
        for source in one.elsewhere
        for row in source.agreement
        if (row.reference, row.grader) == ("readers' mean", "Radiograde")
    ]  # fmt: skip
    if not rows:
        return []
    header = ("source left out", "scale", "films", "MAE", "bias", "r")
    return [
        "One source is left out of training, and the model is measured on it alone: what to expect "
        "of a hospital that it never saw.",
        "",
        *markdown(header, rows),
        "",
    ]


def _lines(evaluation: ModelEvaluation) -> list[str]:
    figures = evaluation.figures
    unseen = ", ".join(one.source for one in evaluation.elsewhere)
    known = "" if unseen else " The model learned from these films: the figures flatter it."
    whose = (
        f"a model that never saw {evaluation.left_out}"
        if evaluation.left_out
        else f"the file itself, {evaluation.model.name} {evaluation.model.version}"
    )
    lines = [
        f"Figures of {whose} (sha256 `{evaluation.model.sha256[:16]}`), as the service grades: "
        f"{figures.films} pictures of {figures.patients} patients.{known} Brackets hold 95 % "
        "intervals over patients.",
        "",
        *_began_with(evaluation),
        TUNED,
        "",
    ]
    return [*lines, *table_sections(figures)]


def _began_with(evaluation: ModelEvaluation) -> list[str]:
    if evaluation.began_with is None:
        return []
    sources = [one.source for one in evaluation.figures.sources]
    warning = evaluation.began_with.warning(evaluation.manifest, sources)
    return [f"**{warning}**", ""] if warning else []


def table_sections(figures: FilmFigures) -> list[str]:
    """Return the lines of every table of figures, each under its heading."""
    lines: list[str] = []
    for table in figure_tables(figures):
        lines += [f"### {table.title}", "", table.reading, ""]
        lines += [*markdown(table.header, table.rows), ""]
    return lines
