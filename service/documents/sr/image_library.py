"""The image library of a structured report: TID 1600 (PS3.16).

highdicom's own asks for attributes that many films lack, and for SOP classes that it knows.
"""

from __future__ import annotations

from highdicom.sr import (
    CodeContentItem,
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    ImageContentItem,
    NumContentItem,
    RelationshipTypeValues,
)
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from radiograde.service.documents import codes
from radiograde.service.documents.graded_film import GradedFilm

CONTAINS = RelationshipTypeValues.CONTAINS
CONTEXT = RelationshipTypeValues.HAS_ACQ_CONTEXT


def image_library(graded: GradedFilm, source: Dataset) -> ContainerContentItem:
    """Return the library with its one image, and what is known of that (TID 1602, TID 1603)."""
    image = ImageContentItem(
        codes.SOURCE, source.SOPClassUID, source.SOPInstanceUID, relationship_type=CONTAINS
    )
    image.ContentSequence = ContentSequence(_descriptors(graded, source))
    return _container(codes.IMAGE_LIBRARY, _container(codes.IMAGE_LIBRARY_GROUP, image))


def _descriptors(graded: GradedFilm, source: Dataset) -> list[CodeContentItem | NumContentItem]:
    film = graded.film
    rows, columns = film.shape
    items: list[CodeContentItem | NumContentItem] = [
        _number(codes.ROWS, rows, codes.PIXELS),
        _number(codes.COLUMNS, columns, codes.PIXELS),
    ]
    modality = codes.MODALITIES.get(source.Modality)
    if modality is not None:
        items.insert(0, CodeContentItem(codes.MODALITY, modality, CONTEXT))
    if film.pixel_spacing_mm is not None:
        vertical, horizontal = film.pixel_spacing_mm
        items.append(_number(codes.HORIZONTAL_SPACING, horizontal, codes.MILLIMETRE))
        items.append(_number(codes.VERTICAL_SPACING, vertical, codes.MILLIMETRE))
    return items


def _number(name: Code, value: float, unit: Code) -> NumContentItem:
    return NumContentItem(name, value, unit, relationship_type=CONTEXT)


def _container(name: Code, child: ContentItem) -> ContainerContentItem:
    container = ContainerContentItem(name, relationship_type=CONTAINS)
    container.ContentSequence = ContentSequence([child])
    return container
