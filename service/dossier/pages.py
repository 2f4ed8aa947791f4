"""The pages of the dossier: what people wrote, and what is read from card, code and settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from radiograde.service.errors import DossierError

CONTENT = Path("docs/dossier")
PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")

INCLUDED: Mapping[str, str] = {
    "model-card": "model/weights/MODEL_CARD.md",
    "conformance": "docs/reference/conformance.md",
    "security-policy": "SECURITY.md",
}
"""Pages that are documents of the repository, whole."""

ORDER = (
    *("read-me", "intended-use", "model-card", "claim", "tripod-ai", "hazards", "mds2"),
    *("conformance", "ihe", "security-policy", "asvs", "data-protection", "change-plan"),
    *("inventory", "configuration", "tests"),
)

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_BLANK = re.compile(r"\[HOSPITAL: ([^\]]+)\]")
"""What only the hospital can fill in."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``name``: its place. ``text``: Markdown, the first line its title."""

    name: str
    text: str

    @property
    def title(self) -> str:
        """The words of the first heading."""
        return self.text.lstrip("# \n").splitlines()[0]

    @property
    def tokens(self) -> list[Token]:
        """What Markdown makes of it."""
        return PARSER.parse(self.text)

    @property
    def blanks(self) -> list[str]:
        """What only the hospital can fill in."""
        return blanks_in(self.text)


def blanks_in(text: str) -> list[str]:
    """Return what of a text only the hospital can fill in."""
    return _BLANK.findall(text)


def marked(text: str, before: str, after: str) -> str:
    """Return a text whose blanks say so, between two marks."""
    return _BLANK.sub(rf"{before}To be filled in by the hospital: \1{after}", text)


def written_pages(root: Path) -> dict[str, Page]:
    """Return the pages that lie in a checkout, by name.

    Raises:
        DossierError: this is no checkout, or a page is missing.
    """
    places = {name: root / place for name, place in INCLUDED.items()}
    places |= {path.stem: path for path in sorted((root / CONTENT).glob("*.md"))}
    try:
        return {
            name: Page(name, _COMMENT.sub("", path.read_text("utf-8")))
            for name, path in places.items()
        }
    except OSError as error:
        raise DossierError(
            f"{error.filename} cannot be read. The dossier is made from a checkout of the "
            "source: give its folder with --source."
        ) from error


def ordered(pages: Mapping[str, Page]) -> list[Page]:
    """Return the pages in their order. Raises DossierError: one is missing."""
    missing = [name for name in ORDER if name not in pages]
    if missing:
        raise DossierError(f"The dossier lacks {', '.join(missing)}.")
    return [pages[name] for name in ORDER]
