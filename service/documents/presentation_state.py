"""The lungs, zones and scores of a film as graphics over it: a presentation state, PS3.3 A.33.1.

Any viewer draws them on the film that it shows already, and takes them away again.
"""

from __future__ import annotations

from collections.abc import Iterator

from highdicom.pr import (
    AnnotationUnitsValues,
    GraphicAnnotation,
    GraphicLayer,
    GraphicObject,
    GraphicTypeValues,
    GrayscaleSoftcopyPresentationState,
    TextObject,
)
from pydicom.dataset import Dataset
from pydicom.valuerep import DA, TM

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import NOTICE, Maps, ScaleScore, Scores
from radiograde.service.documents import document_uids, equipment, source_reference
from radiograde.service.documents.display_transform import (
    modality_transformation,
    presentation_transformation,
    voi_transformations,
)
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.outlines import (
    Polygon,
    lung_outlines,
    zone_borders,
    zone_outlines,
)
from radiograde.service.documents.part10 import to_document
from radiograde.service.errors import UndocumentedError

SERIES_NUMBER = 9005
SERIES_DESCRIPTION = "Radiograde lungs, zones and scores, research use only"
LAYER = "RADIOGRADE"

_PIXEL = AnnotationUnitsValues.PIXEL
_LINE = 0.035
"""Height of a line of text, of the film's."""


def presentation_state(graded: GradedFilm) -> Document:
    """Return the film's presentation state: one layer with outlines, borders and numbers.

    Scores stand beside their zones, in the film's margin. Window, polarity and size are those of
    the film itself. A film that is stored as a mirror image is annotated as it is stored.

    Raises:
        UndocumentedError: the film was not scored, its maps are gone, it is a picture, or in
            colour, which has no grayscale presentation state.
    """
    scores, maps = graded.result.scores, graded.result.maps
    header = source_reference.header_of(graded)
    if scores is None or maps is None or header.short("SamplesPerPixel") not in (None, 1):
        raise UndocumentedError(
            "Only a scored film in grey has a presentation state, and only while its maps are kept."
        )
    source = source_reference.clean_header(graded)
    ds = _headings(graded, source, scores, maps)
    equipment.add_origin(ds, graded)
    when = equipment.timestamp(graded)
    ds.PresentationCreationDate = DA(f"{when:%Y%m%d}")
    ds.PresentationCreationTime = TM(f"{when:%H%M%S}")
    ds.SeriesDate, ds.SeriesTime = ds.PresentationCreationDate, ds.PresentationCreationTime
    ds.ContentCreatorName = ""
    ds.BodyPartExamined = "CHEST"
    for area in ds.DisplayedAreaSelectionSequence:
        del area.PixelOriginInterpretation  # of whole slide images
    return to_document("pr", ds, graded.form.charset)


def _headings(
    graded: GradedFilm, source: Dataset, scores: Scores, maps: Maps
) -> GrayscaleSoftcopyPresentationState:
    """Return the object; ``source``: the film's clean header, of which names and numbers go."""
    source.PatientName = source.ReferringPhysicianName = source.AccessionNumber = ""
    source.SamplesPerPixel = 1
    header = source_reference.header_of(graded)
    layer = GraphicLayer(LAYER, 1, "Lungs, zones and scores")
    annotation = GraphicAnnotation(
        referenced_images=[source],
        graphic_layer=layer,
        graphic_objects=list(_graphics(graded.film, maps)),
        text_objects=list(_texts(graded, scores, maps)),
    )
    return GrayscaleSoftcopyPresentationState(
        referenced_images=[source],
        series_instance_uid=document_uids.series_uid(graded, "pr"),
        series_number=SERIES_NUMBER,
        series_description=SERIES_DESCRIPTION,
        sop_instance_uid=document_uids.document_uid(graded, "pr"),
        instance_number=1,
        manufacturer=equipment.MANUFACTURER,
        manufacturer_model_name=equipment.MODEL_NAME,
        software_versions="",
        device_serial_number="",
        content_label="LUNG_SCORES",
        content_description="Lungs, zones and scores",
        graphic_annotations=[annotation],
        graphic_layers=[layer],
        modality_lut_transformation=modality_transformation(header),
        voi_lut_transformations=voi_transformations(header),
        presentation_lut_transformation=presentation_transformation(header),
    )


def _graphics(film: Radiograph, maps: Maps) -> Iterator[GraphicObject]:
    """Yield the outline of each lung, and the borders between its zones."""
    for line in (*lung_outlines(film, maps).values(), *zone_borders(film, maps)):
        yield GraphicObject(GraphicTypeValues.POLYLINE, line, _PIXEL)


def _texts(graded: GradedFilm, scores: Scores, maps: Maps) -> Iterator[TextObject]:
    """Yield the sum at the top, each zone's score beside it, what it is all for at the bottom."""
    rows, columns = graded.film.shape
    total, severity = scores.brixia, graded.result.severity or "severity unknown"
    head = f"Brixia {_score(total)} of {total.range[1]:g}, {severity}"
    yield _text(head, (0.02 * columns, 0.01 * rows), (0.98 * columns, (0.01 + _LINE) * rows))
    for zone, outline in zone_outlines(graded.film, maps).items():
        yield _zone_text(f"{zone} {_score(scores.zones[zone])}", outline, (rows, columns))
    low = (0.99 - _LINE) * rows
    yield _text(NOTICE, (0.02 * columns, low), (0.98 * columns, 0.99 * rows))


def _zone_text(text: str, outline: Polygon, shape: tuple[int, int]) -> TextObject:
    """Return a zone's text between its lung and the side of the film that is nearer to it."""
    rows, columns = shape
    left, right = float(outline[:, 0].min()), float(outline[:, 0].max())
    middle = float(outline[:, 1].min() + outline[:, 1].max()) / 2
    top, bottom = middle - _LINE * rows / 2, middle + _LINE * rows / 2
    wide = 0.16 * columns
    if left + right < columns:
        start = max(1.0, min(left - wide, 0.02 * columns))
        return _text(text, (start, top), (max(left, start + wide), bottom))
    end = min(columns - 1.0, max(right + wide, 0.98 * columns))
    return _text(text, (min(right, end - wide), top), (end, bottom))


def _text(text: str, start: tuple[float, float], end: tuple[float, float]) -> TextObject:
    (left, top), (right, bottom) = start, end
    return TextObject(text, _PIXEL, bounding_box=(left, top, right, bottom))


def _score(score: ScaleScore) -> str:
    low, high = score.interval
    return f"{score.value:.1f} ({low:.1f} to {high:.1f})"
