"""The dossier as a PDF for the file: A4, numbered, every table with its head on each page."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it.token import Token
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    LongTable,
    PageBreak,
    Paragraph,
    Preformatted,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)

from radiograde.service.dossier.pages import Page, marked

MARGIN = 16 * mm
_SHEET = getSampleStyleSheet()
_TEXT = ParagraphStyle("text", _SHEET["BodyText"], fontSize=9, leading=12, splitLongWords=1)
_CELL = ParagraphStyle("cell", _TEXT, fontSize=7, leading=8.5)
_CODE = ParagraphStyle("code", _SHEET["Code"], fontSize=6.5, leading=8)
_HEADINGS: dict[str, Any] = {f"h{level}": _SHEET[f"Heading{level}"] for level in range(1, 7)}
_GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#b8c0c8")),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef1f4")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
)
_MARKS = re.compile(r"<[^>]+>")
LETTER, PADDING = 4.0, 13.0
"""Points of a letter of a cell, and of the room beside its words."""

LONGEST_WORD, MOST_LETTERS = 14, 60
_LATIN = {"≥": ">=", "≤": "<=", "→": "->", "−": "-", "≈": "about ", "✓": "yes", "\u00a0": " "}


def dossier_pdf(title: str, pages: Sequence[Page]) -> bytes:
    """Return the pages, each begun on a sheet of its own, as a PDF."""
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        title=title,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        invariant=1,
    )

    def foot(canvas: Canvas, _: Any) -> None:
        canvas.setFont("Helvetica", 7)
        canvas.drawString(MARGIN, MARGIN / 2, title)
        canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, str(canvas.getPageNumber()))

    story: list[Flowable] = [Paragraph(html.escape(title), _SHEET["Title"])]
    story += [Paragraph(html.escape(f"{page.title}"), _TEXT) for page in pages]
    for page in pages:
        story.append(PageBreak())
        story.extend(_flowables(page.tokens))
    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()


def _flowables(tokens: Sequence[Token]) -> Iterator[Flowable]:
    style: Any = _TEXT
    table, depth, in_cell = list[list[str]](), 0, False
    for token in tokens:
        match token.type:
            case "heading_open":
                style = _HEADINGS[token.tag]
            case "heading_close":
                style = _TEXT
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
            case "table_open":
                table = []
            case "tr_open":
                table.append([])
            case "th_open" | "td_open":
                in_cell = True
            case "th_close" | "td_close":
                in_cell = False
            case "inline" if in_cell:
                table[-1].append(_markup(token))
            case "inline":
                yield Paragraph(_markup(token), style, bulletText="\u2022" if depth else None)
            case "table_close":
                yield _table(table)
                yield Spacer(1, 3 * mm)
            case "fence" | "code_block":
                yield Preformatted(_plain(token.content), _CODE, maxLineLength=110)
            case _:
                pass


def _table(rows: Sequence[Sequence[str]]) -> LongTable:
    """Return a table whose columns have room for their words, and of the rest what they need."""
    room = A4[0] - 2 * MARGIN
    columns = [[_MARKS.sub("", row[column]) for row in rows] for column in range(len(rows[0]))]
    words = [max(len(word) for cell in cells for word in cell.split() or [""]) for cells in columns]
    least = [LETTER * min(longest, LONGEST_WORD) + PADDING for longest in words]
    needs = [min(max(map(len, cells)), MOST_LETTERS) for cells in columns]
    rest = max(room - sum(least), 0)
    widths = [
        one + rest * need / max(sum(needs), 1) for one, need in zip(least, needs, strict=True)
    ]
    scale = room / sum(widths)
    cells = [[Paragraph(cell, _CELL) for cell in row] for row in rows]
    return LongTable(cells, colWidths=[scale * one for one in widths], repeatRows=1, style=_GRID)


def _markup(token: Token) -> str:
    """Return an inline text in reportlab's markup."""
    parts = []
    for child in token.children or ():
        match child.type:
            case "text":
                parts.append(html.escape(_plain(child.content)))
            case "code_inline":
                code = html.escape(_plain(child.content))
                parts.append(f'<font face="Courier">{code}</font>')
            case "strong_open" | "strong_close":
                parts.append("<b>" if child.nesting == 1 else "</b>")
            case "em_open" | "em_close":
                parts.append("<i>" if child.nesting == 1 else "</i>")
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case _:
                pass
    return marked("".join(parts), '<font backColor="#fff1a8">', "</font>")


def _plain(text: str) -> str:
    """Return a text in the letters of the standard typefaces."""
    for letter, other in _LATIN.items():
        text = text.replace(letter, other)
    return text.encode("cp1252", "replace").decode("cp1252")
