"""The figures of films as tables of words: one form for terminal, model card and report page."""

from __future__ import annotations

from radiograde.training.evaluation import film_tables, source_tables
from radiograde.training.evaluation.film_figures import FilmFigures
from radiograde.training.evaluation.worded_figures import FigureTable


def figure_tables(figures: FilmFigures) -> list[FigureTable]:
    """Return every table that has a row; 95 % intervals over patients stand in brackets."""
    tables = (
        source_tables.agreement_table(figures.sources),
        source_tables.ceiling_table(figures.sources),
        source_tables.clear_table(figures.sources),
        source_tables.separation_table(figures.sources),
        source_tables.two_scales_table(figures.sources),
        source_tables.each_lung_table(figures.sources),
        source_tables.intervals_table(figures.sources),
        film_tables.processing_table(figures),
        film_tables.swaps_table(figures),
        film_tables.probe_table(figures),
        film_tables.pictures_table(figures.pictures),
        source_tables.lungs_table(figures.sources),
        film_tables.change_table(figures),
        film_tables.peers_table(figures),
    )
    return [table for table in tables if table.rows]
