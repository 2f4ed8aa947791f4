"""JSRT (Shiraishi et al., AJR 2000;174:71-74), its lungs from SCR (van Ginneken et al., 2006)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from radiograde.data.errors import CollectionError
from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.sides import lungs_by_position
from radiograde.data.importing.source import Source

SIDE = 2048
GREYS = 4096
"""An IMG file is 2048 x 2048 words of 12 bits, big-endian, the densest tissue 0."""

FILM = re.compile(r"JPC[LN]N\d{3}", re.ASCII | re.IGNORECASE)
SUFFIXES = (".img", ".png", ".jpg", ".dcm")
MASKS = (".gif", ".png")
SIDES = ("left", "right")
SEXES = {"male": "M", "female": "F"}


def rows(source: Source) -> Iterator[Row]:
    """Yield the films; raw ``.IMG`` files become PNG of 16 bits.

    93 films of the name JPCNN were read as normal, 154 named JPCLN show a nodule. Masks are those
    of SCR, ``masks/right lung`` and ``masks/left lung``, which leave the heart's shadow out.
    """
    facts = _facts(source)
    masks = [source.by_stem("masks", f"{side} lung", suffixes=MASKS) for side in SIDES]
    films = {
        name.upper(): path
        for name, path in source.by_stem(suffixes=SUFFIXES).items()
        if FILM.fullmatch(name) and "masks" not in path.parts
    }
    for name in sorted(films.keys() | facts.keys()):
        nodule = name.startswith("JPCLN")
        yield {
            "image": _picture(films[name], source.made) if name in films else None,
            "patient": name,
            "view": "PA",
            **facts.get(name, {}),
            "finding": "Nodule" if nodule else "No Finding",
            "read": "" if nodule else "normal",
            **lungs_by_position(*(side.get(name) for side in masks)),
        }


COLLECTION = Collection(
    "jsrt",
    "JSRT with SCR masks",
    "JSRT (research use; terms not verified)",
    "JPCLN001.IMG and so on; CLNDAT_EN.txt and CNNDAT_EN.txt; SCR's fold1 and fold2 with masks/",
    rows,
)


def _facts(source: Source) -> dict[str, Row]:
    """Return age and sex by film, of lines such as ``JPCLN001.IMG 5 15 53 male 1634 ...``."""
    facts: dict[str, Row] = {}
    for table in ("CLNDAT_EN.txt", "CNNDAT_EN.txt"):
        path = source.find(table)
        for line in path.read_text(encoding="latin-1").splitlines() if path else ():
            film = FILM.search(line)
            known = re.search(r"(\d+|\?)\s+(male|female)", line, re.ASCII | re.IGNORECASE)
            if film and known:
                age = known[1] if known[1] != "?" else ""
                facts[film[0].upper()] = {"age": age, "sex": SEXES[known[2].lower()]}
    return facts


def _picture(path: Path, made: Path) -> Path:
    """Return the film as a file that can be read; a raw one is written as PNG."""
    if path.suffix.lower() != ".img":
        return path
    words = np.fromfile(path, ">u2")
    if words.size != SIDE * SIDE:
        raise CollectionError(f"{path.name} does not hold {SIDE} x {SIDE} words of 16 bits.")
    grey = (GREYS - 1 - np.minimum(words, GREYS - 1)).astype(np.uint16) * (65536 // GREYS)
    made.mkdir(parents=True, exist_ok=True)
    target = made / f"{path.stem.upper()}.png"
    Image.fromarray(grey.reshape(SIDE, SIDE)).save(target)
    return target
