"""One labelled film: where it lies, whose it is, and what readers made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from radiograde.data.findings import states_of
from radiograde.data.label_scales import LUNGS, SCALES, WHOLE
from radiograde.model.scoring.input_check import ADULT_YEARS
from radiograde.model.scoring.scales import ZONES

OUT_OF_SCOPE = "out of scope"
"""How ``read`` begins for a picture that is no frontal chest film; its kind may follow."""


class Reading(NamedTuple):
    """One grade that one reader gave.

    ``scale``: such as ``brixia``. ``reader``: '' where nobody is named. ``site``: a zone A-F, the
    ``right`` or ``left`` lung, or '' for the whole film. ``value``: 0 to ``top``, the scale's top
    at that site. Every scale of every reader is a series of its own.
    """

    scale: str
    reader: str
    site: str
    value: float
    top: float


class Box(NamedTuple):
    """An opacity as a reader framed it, in pixels of the stored film: from x0, y0 to x1, y1."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Film:
    """A row of the manifest. Labels that nobody gave are None or empty.

    ``image`` and every mask: absolute paths. ``machine``: maker and model of what made the
    film, or empty. ``view``: PA, AP, L or empty. ``age``: years. ``offset_days``: since onset
    or admission. ``read``: what a radiologist made of the film: normal, negative, typical and
    others, or empty. ``boxes_read``: whether somebody looked for opacities, so that no box
    means none; None where nothing says so. ``mask_values``: what the values of the lung masks
    mean, '' where they speak for themselves. ``heart_in_mask``: whether the lung behind the
    heart counts as lung in the masks. ``original_size``: width and height before the picture
    was squashed. ``peers``: published predictions of others, for comparison only. ``table``,
    ``row``: which of the joined CSVs, from 0, and the line there.
    """

    image: Path
    patient: str
    source: str = ""
    machine: str = ""
    view: str = ""
    sex: str = ""
    age: float | None = None
    finding: tuple[str, ...] = ()
    read: str = ""
    offset_days: float | None = None
    intubated: bool | None = None
    readings: tuple[Reading, ...] = ()
    extent6_doubtful: bool = False
    cohen94: bool = False
    boxes: tuple[Box, ...] = ()
    boxes_read: bool | None = None
    lung_mask: Path | None = None
    right_lung_mask: Path | None = None
    left_lung_mask: Path | None = None
    mask_values: str = ""
    heart_in_mask: bool | None = None
    ground_glass_mask: Path | None = None
    consolidation_mask: Path | None = None
    original_size: tuple[int, int] | None = None
    peers: Mapping[str, float] = field(default_factory=dict)
    fold: int | None = None
    license: str = ""
    table: int = 0
    row: int = 0

    def place(self, *, several: bool) -> str:
        """Return how messages name the film: by its row, and its CSV where there are several."""
        return f"manifest {self.table + 1}, row {self.row}" if several else f"row {self.row}"

    @property
    def has_severity(self) -> bool:
        """True when any reader graded the film on any scale."""
        return bool(self.readings)

    @property
    def has_lung_masks(self) -> bool:
        """True when both lungs are outlined, in one file or in two."""
        return self.lung_mask is not None or None not in (self.right_lung_mask, self.left_lung_mask)

    @property
    def is_lateral(self) -> bool:
        """True for a lateral view, which is out of scope for grading."""
        return self.view == "L"

    @property
    def is_child(self) -> bool:
        """True where the labels say that the patient is under 18."""
        return self.read == "child" or (self.age is not None and self.age < ADULT_YEARS)

    @property
    def in_scope(self) -> bool:
        """True unless the film is known to be lateral, a child's, or no chest film at all."""
        return not (self.is_lateral or self.is_child or self.read.startswith(OUT_OF_SCOPE))

    @property
    def findings(self) -> Mapping[str, bool]:
        """Findings that are known to be there or not; see ``findings.states_of``."""
        return states_of(self.finding)

    @property
    def brixia(self) -> Mapping[str, tuple[int, ...]]:
        """Reader to six zones A-F, each 0-3."""
        graded: dict[str, tuple[int, ...]] = {}
        for reader in self._readers("brixia"):
            sites = self.grades("brixia", reader)
            if all(zone in sites for zone in ZONES):
                graded[reader] = tuple(int(sites[zone].value) for zone in ZONES)
        return graded

    @property
    def geographic_extent(self) -> float | None:
        """0-8: the grade that no reader is named for, else the mean of the readers."""
        total = self._mean_total("geographic_extent")
        return None if total is None else total.value

    @property
    def opacity(self) -> float | None:
        """0 to ``opacity_max``: the grade that no reader is named for, else the readers' mean."""
        total = self._mean_total("opacity")
        return None if total is None else total.value

    @property
    def opacity_max(self) -> float | None:
        """Top of the scale of ``opacity``, 6 or 8."""
        total = self._mean_total("opacity")
        return None if total is None else total.top

    @property
    def extent6(self) -> Mapping[str, float]:
        """Reader to 0-6."""
        return {reader: total.value for reader, total in self.totals("extent6").items()}

    @property
    def severity_share(self) -> float | None:
        """Mean of all grades, each as a share of its scale's top, 0-1; None when ungraded.

        Coarse by design: good enough to stratify by, no label to train on.
        """
        shares = list(self._shares())
        return sum(shares) / len(shares) if shares else None

    def grades(self, scale: str, reader: str) -> Mapping[str, Reading]:
        """Return what a reader gave on a scale, by site."""
        own = (one for one in self.readings if one.scale == scale and one.reader == reader)
        return {reading.site: reading for reading in own}

    def totals(self, scale: str) -> Mapping[str, Reading]:
        """Return each reader's grade of the whole film: as given, else summed over its parts.

        A reader who graded some zones, or one lung, has none.
        """
        found: dict[str, Reading] = {}
        for reader in self._readers(scale):
            sites = self.grades(scale, reader)
            for parts in ((WHOLE,), ZONES, LUNGS):
                if all(part in sites for part in parts):
                    value = sum(sites[part].value for part in parts)
                    top = sum(sites[part].top for part in parts)
                    found[reader] = Reading(scale, reader, WHOLE, value, top)
                    break
        return found

    def _readers(self, scale: str) -> Mapping[str, None]:
        """Return the readers of a scale, each once, in the order of their grades."""
        return dict.fromkeys(one.reader for one in self.readings if one.scale == scale)

    def _mean_total(self, scale: str) -> Reading | None:
        totals = self.totals(scale)
        if "" in totals or not totals:
            return totals.get("")
        top = max(total.top for total in totals.values())
        shares = [total.value / total.top for total in totals.values()]
        return Reading(scale, "", WHOLE, top * sum(shares) / len(shares), top)

    def _shares(self) -> Iterator[float]:
        """Yield the share of each reader's total; of the parts where there is no total."""
        scales = dict.fromkeys([*SCALES, *(reading.scale for reading in self.readings)])
        for scale in scales:
            totals = self.totals(scale)
            for reader in self._readers(scale):
                parts = (
                    [totals[reader]] if reader in totals else self.grades(scale, reader).values()
                )
                yield sum(part.value for part in parts) / sum(part.top for part in parts)
