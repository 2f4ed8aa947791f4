"""Which columns of a manifest are grades, of which scale, reader and part of the film.

A column is named SCALE, SCALE_READER, SCALE_SITE, SCALE_SITE_READER or SCALE_READER_SITE. A site is
``right`` or ``left`` or, on scales that are read by zones, a letter ``a`` to ``f``. Scales beyond
those known here are declared by a column SCALE_max, which holds the top of the scale.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from radiograde.model.scoring.scales import ZONES

WHOLE = ""
LUNGS = ("right", "left")
MAX = "_max"


@dataclass(frozen=True, slots=True)
class LabelScale:
    """Tops of a scale for a zone, a lung and the whole film; None where it is not read so.

    ``whole_zones``: zones take whole numbers, and all six or none.
    """

    film: float | None
    lung: float | None = None
    zone: float | None = None
    whole_zones: bool = False

    def top(self, site: str) -> float | None:
        """Return the top at a site, None where the scale is not read there."""
        if site == WHOLE:
            return self.film
        return self.lung if site in LUNGS else self.zone


SCALES: Mapping[str, LabelScale] = {
    "brixia": LabelScale(film=18, lung=9, zone=3, whole_zones=True),
    "geographic_extent": LabelScale(film=8, lung=4),
    "opacity": LabelScale(film=8, lung=4),
    "extent6": LabelScale(film=6, lung=3),
    "mrale": LabelScale(film=24, lung=12),
    "density": LabelScale(film=None, lung=3),
    "airspace_grade": LabelScale(film=3),
}
"""Scales that a manifest need not declare.

Extent, opacity: Cohen et al., arXiv 2005.11856. mRALE, density: Li et al., Radiol Artif Intell
2020;2:e200079. Airspace grade: RICORD, Tsai et al., Radiology 2021;299:E204-E213 (none, mild,
moderate, severe by the number of zones).
"""

SHORT_NAMES = {"extent": "geographic_extent"}
UNNAMED_READERS = {"brixia": "S"}
"""Whom columns without a reader belong to, where that is not nobody: a senior reader."""

NO_GRADES = frozenset({"extent6_doubtful"})
_PEER = "peer_"


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """What the grades in one column are."""

    scale: str
    reader: str
    site: str


def label_columns(columns: Sequence[str]) -> dict[str, LabelColumn]:
    """Return the columns, in the manifest's own words, that hold grades."""
    names = {**{name: name for name in SCALES}, **SHORT_NAMES}
    names |= {name: name for name in declared_scales(columns)}
    found: dict[str, LabelColumn] = {}
    for column in columns:
        if column in NO_GRADES or column.startswith(_PEER) or column.endswith(MAX):
            continue
        if SHORT_NAMES.get(column) in columns:
            continue
        fitting = [name for name in names if column == name or column.startswith(f"{name}_")]
        if fitting:
            name = max(fitting, key=len)
            found[column] = _parse(names[name], column[len(name) + 1 :], columns)
    return found


def declared_scales(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the scales that columns SCALE_max declare beyond the known ones."""
    tops = (column.removesuffix(MAX) for column in columns if column.endswith(MAX))
    return tuple(name for name in tops if name and name not in SCALES and name not in SHORT_NAMES)


LabelSeries = Mapping[tuple[str, str], Mapping[str, Sequence[str]]]
"""Columns by scale and reader, then by site."""


def grouped(labels: Mapping[str, LabelColumn]) -> LabelSeries:
    """Return the columns by scale and reader, then by site; two for one site is one too many."""
    series: dict[tuple[str, str], dict[str, list[str]]] = {}
    for column, label in labels.items():
        sites = series.setdefault((label.scale, label.reader), {})
        sites.setdefault(label.site, []).append(column)
    return series


def _parse(scale: str, rest: str, columns: Sequence[str]) -> LabelColumn:
    """Return the label of a column by what follows the scale in its name."""
    words = rest.split("_") if rest else []
    for place in (0, -1):
        if words and _is_site(scale, words, place, columns):
            site = words.pop(place)
            return LabelColumn(
                scale, _reader(scale, words), site.upper() if len(site) == 1 else site
            )
    return LabelColumn(scale, _reader(scale, words), WHOLE)


def _is_site(scale: str, words: Sequence[str], place: int, columns: Sequence[str]) -> bool:
    """Return whether a word names a lung or a zone.

    Letters are zones on scales that are read by zones. On a declared scale they are when all six
    stand in the header: a single one is a reader's initial.
    """
    word = words[place]
    if word in LUNGS:
        return True
    if not re.fullmatch("[a-f]", word):
        return False
    if scale in SCALES:
        return SCALES[scale].zone is not None
    others = [[*words[:place], zone.lower(), *words[place:][1:]] for zone in ZONES]
    return all("_".join([scale, *other]) in columns for other in others)


def _reader(scale: str, words: Sequence[str]) -> str:
    return "_".join(words).upper() or UNNAMED_READERS.get(scale, "")
