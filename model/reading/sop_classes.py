"""Which storage SOP classes and modalities hold plain radiographs, PS3.4 B.5 and PS3.3 C.7.3.1."""

from __future__ import annotations

from pydicom import uid

FILM_CLASSES = frozenset(
    {
        uid.ComputedRadiographyImageStorage,
        uid.DigitalXRayImageStorageForPresentation,
        uid.DigitalXRayImageStorageForProcessing,
    }
)

CAPTURE_CLASSES = frozenset(
    {
        uid.SecondaryCaptureImageStorage,
        uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
        uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
        uid.MultiFrameTrueColorSecondaryCaptureImageStorage,
    }
)

FILM_MODALITIES = frozenset({"CR", "DX", "RG", "DR", "XR", "SC", "OT"})
"""DR and XR are not in the standard, but in use."""


def is_film_class(sop_class: str | None) -> bool | None:
    """Return True for a film, False for anything else, None for a capture of who knows what."""
    if sop_class is None or sop_class in CAPTURE_CLASSES:
        return None
    return sop_class in FILM_CLASSES


def is_film_modality(modality: str | None) -> bool:
    """Return True for a modality that makes plain radiographs, and where none is given."""
    return modality is None or modality in FILM_MODALITIES
