"""BrixIA COVID-19 (Signoroni et al., Medical Image Analysis 2021;71:102046)."""

from __future__ import annotations

from collections.abc import Iterator

from radiograde.data.errors import CollectionError
from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.source import Source, column_of, read_table
from radiograde.model.scoring.scales import ZONES

ON_DUTY, CONSENSUS = "duty", "consensus"
"""Readers: whoever was on duty, one of thirty; and the score that most of five experts chose."""

YEARS_A_GROUP = 5


def rows(source: Source) -> Iterator[Row]:
    """Yield the films of ``metadata_global``, with the consensus where there is one.

    ``BrixiaScore`` is the zones A to F as one number: leading zeros are lost in it.
    """
    table = read_table(source.need("metadata_global*.csv"))
    consensus = _consensus(source)
    for line in table:
        name = line.get("Filename") or line.get("filename") or ""
        group = line.get("AgeAtStudyDateFiveYear", "")
        yield {
            "image": source.by_name.get(name) or source.by_name.get(f"{name}.dcm"),
            "patient": line["Subject"],
            "sex": line.get("Sex", "") if line.get("Sex") in ("M", "F") else "",
            "age": int(float(group)) * YEARS_A_GROUP + YEARS_A_GROUP // 2 if group else None,
            **_zones(ON_DUTY, line["BrixiaScore"]),
            **consensus.get(name.removesuffix(".dcm"), {}),
        }


COLLECTION = Collection(
    "brixia",
    "BrixIA COVID-19",
    "BrixIA COVID-19 Dataset Research Use Agreement",
    "metadata_global_v1.csv (or later), metadata_consensus_v1.csv, and the films in dicom_clean/",
    rows,
)


def _zones(reader: str, score: str) -> Row:
    digits = f"{int(float(score)):06d}" if score else ""
    if digits and (len(digits) != len(ZONES) or not set(digits) <= set("0123")):
        raise CollectionError("A BrixiaScore is no six digits from 0 to 3.")
    return dict(zip((f"brixia_{reader}_{zone}" for zone in ZONES), digits, strict=False))


def _consensus(source: Source) -> dict[str, Row]:
    """Return the most frequent score of each zone by file name without suffix."""
    path = source.find("metadata_consensus*.csv")
    table = read_table(path) if path else []
    columns = {zone: column_of(table, f"mode{zone.lower()}") for zone in ZONES}
    name = column_of(table, "filename")
    if name is None or None in columns.values():
        return {}
    return {
        line[name].removesuffix(".dcm"): {
            f"brixia_{CONSENSUS}_{zone}": int(float(line[column]))
            for zone, column in columns.items()
            if column
        }
        for line in table
    }
