"""The comparison of two model files as one HTML file that loads nothing."""

from __future__ import annotations

import html
from collections.abc import Sequence

from radiograde.model.scoring.result import ModelFacts
from radiograde.training.comparison.comparison_record import ComparisonRecord, comparison_tables
from radiograde.training.comparison.moved_films import MovedFilm
from radiograde.training.evaluation.worded_figures import FigureTable

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c2126; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { border-bottom: 1px solid #b8c0c8; padding: 4px 8px; text-align: left; }
th { background: #eef1f4; }
article { border-top: 1px solid #b8c0c8; padding: 1rem 0; }
figure { display: inline-block; margin: 0 1rem 0 0; max-width: 45%; }
img { max-width: 100%; background: #000; }
code { overflow-wrap: anywhere; }
"""


def comparison_page(record: ComparisonRecord, moved: Sequence[MovedFilm], scale: str) -> str:
    """Return the page. ``moved``: films to show; ``scale``: what they moved on, in words."""
    title = f"{_named(record.b)} beside {_named(record.a)}: {record.verdict}"
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f"<title>{_text(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{_text(title)}</h1>",
            _model("A", record.a),
            _model("B", record.b),
            f"<p>{record.figures.films} frontal films of adults, {record.figures.patients} "
            f"patients; {_text(record.when)}. sha256 of the record: <code>{record.digest}</code>.",
            "</p>",
            *(_table(table) for table in comparison_tables(record.figures)),
            f"<h2>Films that moved most, {_text(scale)}</h2>",
            "<p>Blue: the lungs as the model found them. Orange: what it marks. A on the left.</p>",
            *(_film(film) for film in moved),
            "</body></html>\n",
        ]
    )


def _model(name: str, model: ModelFacts) -> str:
    return f"<p>{name}: {_text(_named(model))}, sha256 <code>{model.sha256}</code></p>"


def _named(model: ModelFacts) -> str:
    return f"{model.name} {model.version}"


def _table(table: FigureTable) -> str:
    head = "".join(f"<th>{_text(cell)}</th>" for cell in table.header)
    rows = ("".join(f"<td>{_text(cell)}</td>" for cell in row) for row in table.rows)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f"<h2>{_text(table.title)}</h2><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><p>{_text(table.reading)}</p>"
    )


def _film(film: MovedFilm) -> str:
    pictures = film.pictures or ("", "")
    shown = "".join(
        f"<figure>{_picture(picture, film.row, name)}<figcaption>{name}: {_text(score)}"
        "</figcaption></figure>"
        for picture, name, score in zip(pictures, "AB", film.scores, strict=True)
    )
    return f"<article><h3>Row {film.row}, readers {_text(film.readers)}</h3>{shown}</article>"


def _picture(picture: str, row: int, name: str) -> str:
    return f'<img src="{picture}" alt="Film in row {row} as {name} graded it">' if picture else ""


def _text(words: str) -> str:
    return html.escape(words)
