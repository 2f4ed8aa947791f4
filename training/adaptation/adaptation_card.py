"""What was adapted, in words: the card beside an adapted model file, and the same in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.training.adaptation.local_scale import LocalFigures, LocalScale
from radiograde.training.evaluation.worded_figures import FigureTable, figure, scale_name


def adaptation_card(metadata: ModelMetadata, scales: Mapping[str, LocalScale]) -> str:
    """Return the card as Markdown. ``metadata``: of the adapted file."""
    facts = metadata.raw["adapted"]
    base = facts["base"]
    sources = ", ".join(facts["sources"]) or "not named"
    table = adaptation_table(scales)
    ruler = "|" + "---|" * len(table.header)
    lines = [
        f"# Model card: {metadata.name} {metadata.version}",
        "",
        "Written by `radiograde adapt`: a model brought onto the readers of one site. It is meant "
        "for that site.",
        "",
        f"- base model: {base['name']} {base['version']}, sha256 `{base['sha256']}`; its own card "
        "holds what it was trained on and measured by. The figures in the file under `metrics` are "
        "the base model's",
        f"- adapted {metadata.created} to {facts['films']} films of {facts['patients']} patients, "
        f"source {sources}, sha256 of their table `{facts['films_sha256']}`",
        "- the network, its maps and its input check are the base model's. Scores go through one "
        "rising curve a scale, which keeps their order; intervals have other widths",
        "",
        f"## {table.title}",
        "",
        table.reading,
        "",
        "| " + " | ".join(table.header) + " |",
        ruler,
        *("| " + " | ".join(row) + " |" for row in table.rows),
        "",
        *(
            f"- {scale_name(name)} is as in the base model: {scale.reason}"
            for name, scale in scales.items()
            if scale.reason
        ),
        "",
        f"Licence of the weights: {metadata.licence}.",
        "",
    ]
    return "\n".join(lines)


def adaptation_table(scales: Mapping[str, LocalScale]) -> FigureTable:
    """Return the figures of each adapted scale before and after."""
    rows = []
    for name, scale in scales.items():
        if scale.before is not None and scale.after is not None:
            rows.append((scale_name(name), f"{scale.films}", "before", *_words(scale.before)))
            rows.append(("", "", "after", *_words(scale.after)))
    return FigureTable(
        "adapted",
        "Before and after, on held-out local films",
        "After: each film by a curve and widths that other patients' films gave. Points of the "
        "scale, with 95 % intervals over patients.",
        ("scale", "films", "", "MAE", "bias", "intervals that hold"),
        rows,
    )


def _words(figures: LocalFigures) -> tuple[str, str, str]:
    return figure(figures.mae), figure(figures.bias, "+.2f"), figure(figures.coverage, ".0%")
