"""The segments of a film: what the segmentation draws, and the report measures under one name."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.sr.coding import Code

from radiograde.service.documents import codes


@dataclass(frozen=True, slots=True)
class FilmSegment:
    """``number``: of segment and frame. ``tracked``: what its tracking UID is derived from."""

    number: int
    label: str
    tracked: str
    kind: Code
    side: Code

    @property
    def finding(self) -> Code | None:
        """The kind of what is found; None of a lung, which is there in everybody."""
        return self.kind if self.kind == codes.OPACITY else None


SEGMENTS = (
    FilmSegment(1, "Right lung", "right lung", codes.LUNG, codes.RIGHT),
    FilmSegment(2, "Left lung", "left lung", codes.LUNG, codes.LEFT),
    FilmSegment(3, "Opacity", "opacity", codes.OPACITY, codes.BILATERAL),
)
