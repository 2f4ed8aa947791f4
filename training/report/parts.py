"""What the report's page is put together from, and how every plot looks; its template draws it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from matplotlib.figure import Figure

INK, MUTED, OURS, MISSED, BAND = "#1f2933", "#7b8794", "#1f5f9f", "#c2410c", "#dbe7f3"

# matplotlib types these names one by one, and other names in other versions.
STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#9aa5b1",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 9,
    "grid.color": "#e9edf1",
    "legend.fontsize": 8,
    "legend.frameon": False,
    # The same evaluation gives the same page.
    "svg.hashsalt": "radiograde",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}

PIXELS_AN_INCH = 96
DOTS_AN_INCH = 200


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture inside the page: ``uri`` holds all of it, ``alt`` says it in words."""

    title: str
    uri: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; the first ``words`` columns hold words, the others figures.

    ``strong``: numbers of the rows that stand out. ``first``: of those that begin a group.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    strong: frozenset[int] = frozenset()
    first: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure that is read first."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone's grades; ``far`` where they are a grade or more apart."""

    name: str
    ours: str
    readers: str
    far: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One film beside what was said of it; ``zones`` from A to F."""

    picture: Plot
    facts: Sequence[tuple[str, str]]
    zones: Sequence[Zone]


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its answer; ``reading`` says how to read it."""

    anchor: str
    title: str
    reading: str
    plots: Sequence[Plot] = ()
    tables: Sequence[Table] = ()
    cases: Sequence[Case] = ()

    @property
    def empty(self) -> bool:
        """Whether the films had nothing of what the section needs."""
        return not (self.plots or self.cases or any(table.rows for table in self.tables))


def sheet(width: float, height: float) -> Figure:
    """Return an empty figure, its sides in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def plot(figure: Figure, title: str, alt: str) -> Plot:
    """Return the figure as SVG inside a data URI."""
    file = BytesIO()
    figure.savefig(file, format="svg", dpi=DOTS_AN_INCH, metadata={"Date": None})
    width, height = (round(inches * PIXELS_AN_INCH) for inches in figure.get_size_inches())
    return Plot(title, data_uri("image/svg+xml", file.getvalue()), alt, width, height)


def data_uri(media_type: str, content: bytes) -> str:
    """Return a URI that holds the whole content."""
    return f"data:{media_type};base64,{b64encode(content).decode()}"
