"""A measurement group on a film: Planar ROI Measurements, TID 1410 (PS3.16).

Each has a region of the film, so that viewers show the film and draw on it; one without would keep
some from drawing the others. Where nothing has an outline it is a frame that bounds what is
measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from highdicom.sr import (
    AlgorithmIdentification,
    FindingSite,
    GraphicTypeValues,
    ImageRegion,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    SourceImageForRegion,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import UID

from radiograde.model.reading.uids import is_strict_uid
from radiograde.service.documents import codes, document_uids
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.outlines import Polygon, lung_outlines, zone_outlines

Group = MeasurementsAndQualitativeEvaluations | PlanarROIMeasurementsAndQualitativeEvaluations

_MARGIN = 2.0
"""Of a frame around outlines, in pixels."""


@dataclass(frozen=True, slots=True)
class FilmRegions:
    """The regions of a graded film. ``source``: its clean header."""

    graded: GradedFilm
    source: Dataset
    lungs: dict[str, Polygon]
    zones: dict[str, Polygon]

    @classmethod
    def of(cls, graded: GradedFilm, source: Dataset) -> FilmRegions:
        """Return the outlines of what a scored film shows; none of a rejected one."""
        maps = graded.result.maps
        if graded.result.scores is None or maps is None:
            return cls(graded, source, {}, {})
        film = graded.film
        return cls(graded, source, lung_outlines(film, maps), zone_outlines(film, maps))

    def group(
        self,
        what: str,
        outline: Polygon | None = None,
        *,
        label_at: Literal["left", "right"] = "right",
        finding: Code | None = None,
        algorithm: AlgorithmIdentification | None = None,
        site: tuple[Code, Code] | None = None,
        measurements: Sequence[Measurement] = (),
        evaluations: Sequence[QualitativeEvaluation] = (),
    ) -> Group:
        """Return the group of ``what``, within its outline or, without one, a frame around it.

        ``label_at``: the upper corner of a frame where viewers write what is measured.

        A film whose UID breaks PS3.5 9.1 is named by none (TID 1501), for strict readers would
        refuse the whole tree; nor is one of a class that the standard does not have.
        """
        tracked = TrackingIdentifier(
            document_uids.tracking_uid(self.graded, what), f"Radiograde {what}"
        )
        sites = None if site is None else [FindingSite(*site)]
        film = self._film()
        if film is None:
            return MeasurementsAndQualitativeEvaluations(
                tracking_identifier=tracked,
                finding_type=finding,
                algorithm_id=algorithm,
                finding_sites=sites,
                measurements=list(measurements) or None,
                qualitative_evaluations=list(evaluations) or None,
            )
        return PlanarROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=tracked,
            referenced_region=ImageRegion(
                GraphicTypeValues.POLYLINE,
                self._frame(label_at) if outline is None else outline,
                film,
            ),
            geometric_purpose=codes.BOUNDED_BY if outline is None else codes.OUTLINE,
            finding_type=finding,
            algorithm_id=algorithm,
            finding_sites=sites,
            measurements=list(measurements) or None,
            qualitative_evaluations=list(evaluations) or None,
        )

    def _film(self) -> SourceImageForRegion | None:
        """Return the film that regions lie on; None of one that no group may name."""
        sop_class, instance = self.source.SOPClassUID, self.source.SOPInstanceUID
        if not UID(sop_class).keyword or not is_strict_uid(instance):
            return None
        return SourceImageForRegion(sop_class, instance)

    def _frame(self, label_at: Literal["left", "right"]) -> Polygon:
        """Return the rectangle around both lungs, or around the film where none is seen.

        Viewers write to the right of the first edge, so one in the left corner is short.
        """
        rows, columns = self.graded.film.shape
        left, top, right, bottom = 0.0, 0.0, float(columns), float(rows)
        if self.lungs:
            points = np.concatenate(list(self.lungs.values()))
            left, top = np.maximum(points.min(axis=0) - _MARGIN, (left, top)).tolist()
            right, bottom = np.minimum(points.max(axis=0) + _MARGIN, (right, bottom)).tolist()
        second = [(left + _MARGIN, top)] if label_at == "left" else []
        corners = [(left, top), *second, (right, top), (right, bottom), (left, bottom), (left, top)]
        return np.array(corners, np.float64)
