"""Montgomery and Shenzhen of the NLM (Jaeger et al., Quant Imaging Med Surg 2014;4:475-477)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.sides import lungs_by_position
from radiograde.data.importing.source import Source

PICTURES = (".png", ".jpg")
MASKS = ("leftMask", "rightMask")
FILM = re.compile(r"(?:MCUCXR|CHNCXR)_\d+_([01])", re.ASCII)
AGE = re.compile(r"(\d+)\s*(y|m|d)", re.ASCII | re.IGNORECASE)
SEX = re.compile(r"\b(female|male|f|m)\b", re.IGNORECASE)


def montgomery_rows(source: Source) -> Iterator[Row]:
    """Yield the films; masks are a file a lung and leave the heart's shadow out."""
    sides = [source.by_stem("ManualMask", side, suffixes=PICTURES) for side in MASKS]
    for image in _films(source, "MCUCXR"):
        yield _film(source, image) | lungs_by_position(*(side.get(image.stem) for side in sides))


def shenzhen_rows(source: Source) -> Iterator[Row]:
    """Yield the films; masks are those of Stirenko et al. (arXiv 1803.01199), ``NAME_mask.png``."""
    masks = source.by_stem(suffixes=PICTURES)
    for image in _films(source, "CHNCXR"):
        mask = masks.get(f"{image.stem}_mask")
        heart = "no" if mask else ""
        yield _film(source, image) | {"lung_mask": mask, "heart_in_mask": heart}


MONTGOMERY = Collection(
    "montgomery",
    "Montgomery County, NLM",
    "public (NLM)",
    "CXR_png/MCUCXR_0001_0.png and so on, ManualMask/leftMask and rightMask, ClinicalReadings/",
    montgomery_rows,
)
SHENZHEN = Collection(
    "shenzhen",
    "Shenzhen Hospital, NLM",
    "films public (NLM); masks CC BY-NC-SA 4.0",
    "CXR_png/CHNCXR_0001_0.png and so on, masks CHNCXR_0001_0_mask.png, ClinicalReadings/",
    shenzhen_rows,
)


def _films(source: Source, prefix: str) -> Iterator[Path]:
    for image in source.below("CXR_png", suffixes=PICTURES):
        if FILM.fullmatch(image.stem) and image.stem.startswith(prefix):
            yield image


def _film(source: Source, image: Path) -> Row:
    """Return the facts of the reading's text and of the name, which ends in 1 for tuberculosis."""
    known = FILM.fullmatch(image.stem)
    ill = known is not None and known[1] == "1"
    reading = source.by_name.get(f"{image.stem}.txt")
    return {
        "image": image,
        "patient": image.stem.rsplit("_", 1)[0],
        "read": "tuberculosis" if ill else "normal",
        **(_facts(reading.read_text(encoding="latin-1")) if reading else {}),
    }


def _facts(text: str) -> Row:
    """Return sex and age of ``male 45yrs`` or ``Patient's Sex: F`` and ``Patient's Age: 028Y``."""
    sex, age = SEX.search(text), AGE.search(text)
    return {
        "sex": sex[1][0].upper() if sex else "",
        "age": f"{int(age[1]):03d}{age[2].upper()}" if age else "",
    }
