"""docs/reference/codes.md and the code say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom.sr._concepts_dict import concepts
from pydicom.sr.coding import Code

from radiograde.model import reasons
from radiograde.model.scoring.scales import SEVERITY_BANDS, ZONES
from radiograde.service.documents import codes
from radiograde.service.documents.fhir import datatypes

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "codes.md").read_text("utf-8")
NOT_IN_PYDICOM = {codes.CHEST_FILM, codes.DICOM_STUDY, codes.SCORE}


def flattened(value: object) -> Iterator[Code]:
    if isinstance(value, Code):
        yield value
    elif isinstance(value, dict | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from flattened(part)


def in_use() -> set[Code]:
    ours = {code for value in vars(codes).values() for code in flattened(value)}
    of_fhir = {code for value in vars(datatypes).values() for code in flattened(value)}
    return ours | {code for code in of_fhir if code.scheme_designator == codes.PRIVATE}


def documented() -> list[Code]:
    private, standard = PAGE.split("## Standard codes")
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", private, re.MULTILINE)
    others = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|", standard, re.MULTILINE)
    return [Code(value, codes.PRIVATE, meaning) for value, meaning in rows] + [
        Code(value, scheme, meaning) for value, scheme, meaning in others
    ]


def spelled(found: set[Code] | list[Code]) -> list[tuple[str, str, str]]:
    return sorted((code.value, code.scheme_designator, code.meaning) for code in found)


def test_every_code_is_documented_once_and_no_other() -> None:
    assert len(in_use()) > 50
    assert spelled(documented()) == spelled(in_use())


def test_the_page_names_the_scheme_and_its_version() -> None:
    assert f"`{codes.PRIVATE}`, version {codes.SCHEME_VERSION}," in PAGE


def test_private_codes_fit_their_elements() -> None:
    own = [code for code in in_use() if code.scheme_designator == codes.PRIVATE]
    assert len({code.value for code in own}) == len(own)
    for code in own:
        assert re.fullmatch(r"[A-Z][A-Z-]{0,15}", code.value)
        assert 0 < len(code.meaning) <= 64
    assert len(codes.PRIVATE) <= 16


def test_standard_codes_are_those_of_the_standard() -> None:
    known = {
        (scheme, value, re.sub(r" \(.*\)$", "", meaning).lower())
        for scheme in ("SCT", "DCM")
        for values in dict[str, Any](concepts[scheme]).values()
        for value, (meaning, _) in values.items()
    }
    for code in in_use() - NOT_IN_PYDICOM:
        if code.scheme_designator in ("SCT", "DCM"):
            assert (code.scheme_designator, code.value, code.meaning.lower()) in known


def test_every_reason_of_the_gate_has_a_code() -> None:
    assert {reason.code for reason in reasons.ALL} == set(codes.REASONS)
    for reason, code in codes.REASONS.items():
        assert re.search(rf"`{code.value}` \|.*`{reason}`", PAGE)


def test_every_band_and_zone_has_its_code() -> None:
    assert tuple(codes.SEVERITIES) == SEVERITY_BANDS
    assert tuple(codes.ZONE_SITES) == ZONES
    assert len(set(codes.ZONE_SITES.values())) == 6
