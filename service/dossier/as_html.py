"""The dossier as one HTML file without anything from elsewhere."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from radiograde.service.dossier.pages import PARSER, Page, marked

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c2126; }
h1 { border-top: 2px solid #1c2126; padding-top: 1rem; margin-top: 3rem; }
table { border-collapse: collapse; width: 100%; font-size: 13px; margin: 1rem 0; }
th, td { border: 1px solid #b8c0c8; padding: 4px 8px; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { background: #eef1f4; }
code { font-size: 12px; overflow-wrap: anywhere; }
mark { background: #fff1a8; }
@media print { h1 { break-before: page; } body { max-width: none; } }
"""
_LINK = re.compile(r'<a href="(?!https?://)[^"]*">(.*?)</a>', re.DOTALL)


def dossier_html(title: str, pages: Sequence[Page]) -> str:
    """Return the pages with a list of them; what the hospital fills in is marked."""
    contents = "".join(
        f'<li><a href="#{page.name}">{html.escape(page.title)}</a></li>' for page in pages
    )
    sections = "".join(f'<section id="{page.name}">{_section(page)}</section>' for page in pages)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}'
        f"</title><style>{_STYLE}</style></head><body><p><strong>{html.escape(title)}</strong></p>"
        f"<nav><ol>{contents}</ol></nav>{sections}</body></html>\n"
    )


def _section(page: Page) -> str:
    """Return a page; its links into the repository lead nowhere from here, and become words."""
    return marked(_LINK.sub(r"\1", PARSER.render(page.text)), "<mark>", "</mark>")
