"""An evaluation as a person reads it: its figures in words, as Markdown and in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from radiograde.training.evaluation.comparators import ComparatorRow
from radiograde.training.evaluation.evaluation_result import EvaluationMetrics
from radiograde.training.evaluation.figure_tables import figure_tables
from radiograde.training.evaluation.film_figures import FilmFigures
from radiograde.training.evaluation.worded_figures import print_tables
from radiograde.training.fit.run_record import RunFacts


def shown(value: float | None, form: str) -> str:
    """Return a figure in a format, or that no film had what it needs."""
    return "not measured" if value is None else format(value, form)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    ruler = "|" + "---|" * len(header)
    return [_line(header), ruler, *(_line(row) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def agreement_table(rows: Sequence[ComparatorRow]) -> list[str]:
    """Return the lines of the comparator table as Markdown."""
    return markdown(
        ("reference", "grader", "films", "MAE (95 % CI)", "bias", "r"),
        [
            (
                row.reference,
                row.grader,
                f"{row.agreement.films}",
                f"{row.agreement.mae:.2f} ({confidence_interval(row)})",
                f"{row.agreement.bias:+.2f}{bracketed(row.agreement.bias_95, '+.2f')}",
                f"{shown(row.agreement.r, '.3f')}{bracketed(row.agreement.r_95, '.3f')}",
            )
            for row in rows
        ],
    )


def confidence_interval(row: ComparatorRow) -> str:
    """Return the bounds of the mean absolute error, in words."""
    low, high = row.agreement.mae_95
    return f"{low:.2f}-{high:.2f}"


def bracketed(interval: tuple[float, float] | None, form: str) -> str:
    """Return an interval in brackets after a space; nothing where there is none."""
    if interval is None:
        return ""
    low, high = (format(end, form) for end in interval)
    return f" ({low} to {high})"


def training_time(run: RunFacts) -> str:
    """Return how long a run trained, in words; with what its teacher took."""
    total = f"{run.minutes + run.teacher_minutes:.0f} minutes"
    if not run.teacher_minutes:
        return total
    return f"{total} ({run.teacher_minutes:.0f} of them its teacher's)"


def trained_on(run: RunFacts) -> str:
    """Return what a run was trained on, in words."""
    return f"{run.threads} CPU cores" if run.device == "cpu" else run.device


def show(metrics: EvaluationMetrics, console: Console | None = None) -> None:
    """Print the figures that matter, each grader beside its comparators on the same films."""
    console = console or Console()
    if metrics.warning:
        console.print(metrics.warning, style="bold", soft_wrap=True)
    console.print(_agreement(metrics))
    console.print(_others(metrics))


def show_figures(figures: FilmFigures, console: Console | None = None) -> None:
    """Print the figures of films, a table a question."""
    print_tables(figure_tables(figures), console)


def _agreement(metrics: EvaluationMetrics) -> Table:
    table = Table("grader", "films", "MAE", "95 % CI", "bias", "r", title="Agreement, out of fold")
    for column in table.columns[1:]:
        column.justify = "right"
    reference = None
    for row in metrics.agreement:
        if row.reference != reference:
            reference = row.reference
            table.add_section()
            table.add_row(f"[bold]{reference}[/bold]")
        table.add_row(
            f"  {row.grader}",
            str(row.agreement.films),
            f"{row.agreement.mae:.2f}",
            confidence_interval(row),
            f"{row.agreement.bias:+.2f}",
            shown(row.agreement.r, ".3f"),
        )
    return table


def _others(metrics: EvaluationMetrics) -> Table:
    table = Table("figure", "value", title="Zones, lungs, intervals")
    table.columns[1].justify = "right"
    for who, kappa in metrics.zone_kappa.items():
        table.add_row(f"zone kappa, {who}", shown(kappa, ".3f"))
    dice = metrics.lung_dice
    table.add_row(f"lung Dice, {dice.films} films", shown(dice.mean, ".3f"))
    for name, coverage in metrics.coverage.items():
        table.add_row(
            f"90 % interval, {name}: films covered, median width",
            f"{shown(coverage.share, '.1%')}, {shown(coverage.median_width, '.2f')}",
        )
    for kind in metrics.normal_films:
        table.add_row(
            f"normal films, {kind.source}, {kind.finding}: mean Brixia, 95th percentile",
            f"{kind.mean_brixia:.2f}, {kind.p95_brixia:.2f}",
        )
    check = metrics.input_check
    table.add_row(
        "input check: good films rejected, ROC area",
        f"{check.films_rejected:.1%}, {shown(check.auc, '.4f')}",
    )
    for rejection in check.kinds:
        table.add_row(f"input check: {rejection.kind} rejected", f"{rejection.rejected:.1%}")
    for shift in metrics.robustness:
        table.add_row(f"moved by: {shift.perturbation}", f"{shift.mean:.2f}")
    return table
