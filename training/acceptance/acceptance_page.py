"""The record of an acceptance test as one page of PDF, for the file."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import (
    Flowable,
    KeepInFrame,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from radiograde.training.acceptance.acceptance_record import AcceptanceRecord
from radiograde.training.acceptance.record_tables import (
    criteria_table,
    groups_table,
    losses_words,
    scales_table,
)
from radiograde.training.evaluation.worded_figures import FigureTable

MARGIN = 15 * mm
_SHEET = getSampleStyleSheet()
_TEXT = ParagraphStyle("text", _SHEET["BodyText"], fontSize=8.5, leading=11, spaceBefore=2)
_CELL = ParagraphStyle("cell", _TEXT, fontSize=7, leading=8.5, spaceBefore=0)
_HEADING = ParagraphStyle("heading", _SHEET["Heading3"], fontSize=10, spaceBefore=5, spaceAfter=2)
_GRID = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.HexColor("#b8c0c8")),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef1f4")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
)


def acceptance_page(record: AcceptanceRecord) -> bytes:
    """Return the page; what is too long for it is set smaller."""
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        title=f"Acceptance test of {record.model.name} {record.model.version}",
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        invariant=1,
    )
    room = A4[0] - 2 * MARGIN - 12, A4[1] - 2 * MARGIN - 12
    document.build([KeepInFrame(*room, _story(record, room[0]), mode="shrink")])
    return buffer.getvalue()


def _story(record: AcceptanceRecord, width: float) -> list[Flowable]:
    model, figures = record.model, record.figures
    story: list[Flowable] = [
        Paragraph(f"Acceptance test: {html.escape(record.verdict)}", _SHEET["Heading1"]),
        _text(f"Model {model.name} {model.version}, sha256 {model.sha256}."),
        _text(
            f"Films: {figures.films} frontal ones of adults, {figures.patients} patients, sha256 "
            f"of their table {record.manifest}. Graded as the service grades, by Radiograde "
            f"{record.program}."
        ),
        _text("Brackets hold 95 % intervals over patients, by bootstrap."),
    ]
    for table in (criteria_table(record), scales_table(record), groups_table(record)):
        if table.rows:
            story += _table(table, width)
    story.append(_text(losses_words(record)))
    story += [_text(f"Note: {remark}") for remark in record.remarks]
    story += [
        Spacer(1, 6 * mm),
        _text(f"Signed by {record.by}, {record.when}. sha256 of the record: {record.digest}."),
        Spacer(1, 9 * mm),
        _text("Signature: ______________________________   Date: ____________________"),
    ]
    return story


def _text(words: str) -> Paragraph:
    return Paragraph(html.escape(words), _TEXT)


def _table(table: FigureTable, width: float) -> list[Flowable]:
    rows = [table.header, *table.rows]
    cells = [[Paragraph(html.escape(cell), _CELL) for cell in row] for row in rows]
    return [
        Paragraph(html.escape(table.title), _HEADING),
        Table(cells, colWidths=_widths(rows, width), style=_GRID),
    ]


def _widths(rows: Sequence[Sequence[str]], width: float) -> list[float]:
    """Return widths of columns that share the page by their longest cells."""
    longest = [max(len(row[column]) for row in rows) + 2 for column in range(len(rows[0]))]
    return [width * one / sum(longest) for one in longest]
