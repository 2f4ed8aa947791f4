"""One labelled film: where it lies, whose it is, and what readers said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from radiograde.model.scoring import scales


@dataclass(frozen=True, slots=True)
class Film:
    """A row of the manifest. Labels that nobody gave are None or empty.

    ``image``, ``lung_mask``: absolute paths. ``view``: PA, AP, L or empty. ``age``: years.
    ``offset_days``: since onset or admission. ``brixia``: reader to six zones A-F, each 0-3.
    ``geographic_extent``: 0-8. ``opacity``: 0 to ``opacity_max``, which is 6 or 8.
    ``extent6``: reader to 0-6. ``peers``: published predictions of others, for comparison
    only. ``row``: line in the CSV.
    """

    image: Path
    patient: str
    source: str = ""
    view: str = ""
    sex: str = ""
    age: float | None = None
    finding: tuple[str, ...] = ()
    offset_days: float | None = None
    intubated: bool | None = None
    lung_mask: Path | None = None
    brixia: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    geographic_extent: float | None = None
    opacity: float | None = None
    opacity_max: float | None = None
    extent6: Mapping[str, float] = field(default_factory=dict)
    extent6_doubtful: bool = False
    cohen94: bool = False
    peers: Mapping[str, float] = field(default_factory=dict)
    fold: int | None = None
    license: str = ""
    row: int = 0

    @property
    def has_severity(self) -> bool:
        """True when any reader graded the film on any scale."""
        return any(True for _ in self._shares())

    @property
    def is_lateral(self) -> bool:
        """True for a lateral view, which is out of scope for grading."""
        return self.view == "L"

    @property
    def severity_share(self) -> float | None:
        """Mean of all grades, each as a share of its scale's top, 0-1; None when ungraded.

        Coarse by design: good enough to stratify by, no label to train on.
        """
        shares = list(self._shares())
        return sum(shares) / len(shares) if shares else None

    def _shares(self) -> Iterator[float]:
        for zones in self.brixia.values():
            yield sum(zones) / scales.BRIXIA.high
        if self.geographic_extent is not None:
            yield self.geographic_extent / scales.EXTENT.high
        if self.opacity is not None and self.opacity_max is not None:
            yield self.opacity / self.opacity_max
        for extent in self.extent6.values():
            yield extent / 6
