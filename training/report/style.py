"""How every plot of the report looks, and how it gets into the page."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

from matplotlib.figure import Figure

from radiograde.training.report.parts import Plot

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
