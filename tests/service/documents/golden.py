"""Digests of documents: what a change of code must leave as it is.

``python -m tests.service.documents.golden`` writes them anew, for a change that is meant.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import warnings
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit

from radiograde.data.storage import Storage
from radiograde.model.limits import Limits
from radiograde.model.reading.digest import Digest
from radiograde.model.reading.film_file import open_film
from radiograde.service.documents.document import Document
from radiograde.service.documents.document_kinds import builder_of, kinds_of
from radiograde.service.documents.graded_film import GradedFilm
from tests.model.reading.films import film as stored_film
from tests.service.documents.graded_films import (
    BEGAN,
    graded_film,
    rejected_film,
    scored_with_maps,
)

FILE = Path(__file__).with_suffix(".json")
VERSIONS = ("equipment", "sr.measurement_groups")
"""Modules of documents that write the installed version."""


def _coded() -> Dataset:
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator = "XRCH", "99LOCAL"
    ds.CodeMeaning = "Brustkorb über zwei Ebenen"
    return ds


def _issuer() -> Dataset:
    ds = Dataset()
    ds.LocalNamespaceEntityID, ds.UniversalEntityID = "RÍS", "1.2.3"
    ds.UniversalEntityIDType = "ISO"
    return ds


JAPANESE = ["ISO 2022 IR 13", "ISO 2022 IR 87"]
HEADERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "latin": {"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Buc^Jérôme"},
    "cyrillic": {"SpecificCharacterSet": "ISO_IR 144", "PatientName": "Люкceмбypг"},
    "chinese": {"SpecificCharacterSet": "GB18030", "PatientName": "Wang^XiaoDong=王^小东"},
    "japanese": {
        "SpecificCharacterSet": JAPANESE,
        "PatientName": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        "ReferringPhysicianName": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    },
    "items": {
        "SpecificCharacterSet": "ISO_IR 100",
        "PatientName": "A",
        "ProcedureCodeSequence": [_coded()],
        "IssuerOfAccessionNumberSequence": [_issuer()],
        "IssuerOfPatientIDQualifiersSequence": [_issuer()],
    },
    "zone": {"TimezoneOffsetFromUTC": "+0130"},
    "anonymous": {"PatientIdentityRemoved": "YES", "DeidentificationMethod": "Prüfung"},
    "broken": {
        "PatientID": "P" * 80,
        "AccessionNumber": "A" * 20,
        "PatientSex": "W",
        "PatientBirthDate": "19601332",
        "PatientAge": "66",
        "StudyTime": "99",
        "StudyDescription": "D" * 80,
    },
    "without UIDs": {"StudyInstanceUID": "none", "SeriesInstanceUID": ""},
    "mirrored": {"PatientOrientation": ["R", "F"]},
    "lossy once": {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": ["12.5", "3"],
        "LossyImageCompressionMethod": ["ISO_10918_1", "ISO_15444_1"],
    },
}
STORED = {"JPEG": str(JPEGBaseline8Bit), "JPEG 2000": str(JPEG2000Lossless)}


def graded_films() -> dict[str, GradedFilm]:
    """Return the graded films by name."""
    films = {name: graded_film(**header) for name, header in HEADERS.items()}
    films["rejected"] = rejected_film()
    for name, syntax in STORED.items():
        bits = 8 if name == "JPEG" else 12
        file = open_film(stored_film(Storage(bits=bits, transfer_syntax=syntax)), Limits())
        # Whoever draws the film may write its file otherwise.
        film = dataclasses.replace(file.radiograph(), digest=Digest("ab" * 32))
        films[name] = dataclasses.replace(
            GradedFilm.of(file, scored_with_maps(film), BEGAN), film=film
        )
    picture = dataclasses.replace(films["plain"].film, source="png", sop_instance_uid=None)
    films["picture"] = dataclasses.replace(films["plain"], film=picture, header=None)
    return films


def digests() -> dict[str, dict[str, str]]:
    """Return the digest of each document by film and kind; of PDFs, and objects with one, none.

    Of a capture the pixels are left out, as the PDF is: a library for pictures may draw letters
    anew. The version of the software is fixed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch("radiograde.service.documents.document_uids.writers", lambda: ("0",)).start()
        for module in VERSIONS:
            patch(f"radiograde.service.documents.{module}.__version__", "0").start()
        try:
            return {
                name: {
                    kind: _digest(builder_of(kind)(film))
                    for kind in sorted(kinds_of(film) - {"pdf", "doc"})
                }
                for name, film in graded_films().items()
            }
        finally:
            patch.stopall()


def _digests(film: GradedFilm) -> dict[str, str]:
    kinds = sorted(kinds_of(film) - {"pdf", "doc"})
    return {kind: _digest(builder_of(kind)(film)) for kind in kinds}


def _digest(document: Document) -> str:
    content = document.content
    if document.kind == "sc":
        ds = dcmread(io.BytesIO(content))
        del ds.PixelData
        content = ds.to_json().encode()
    return hashlib.sha256(content).hexdigest()[:32]


if __name__ == "__main__":
    FILE.write_text(json.dumps(digests(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
