"""COVID-19 Image Data Collection (Cohen et al., arXiv 2006.11988), with the scores given for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.source import Source, read_table
from radiograde.model.scoring.scales import ZONES

SEVERITY_LICENSE = "severity CC BY-SA"
BRIXIA_LICENSE = "Brixia scores CC BY-NC-SA 4.0"
NOTHING_SAID = ("", "todo", "unknown")
YES_OR_NO = ("Y", "N")


def rows(source: Source) -> Iterator[Row]:
    """Yield the radiographs of ``metadata.csv``.

    The three readers' mean of ``covid-severity-scores.csv`` is geographic extent 0-8 and opacity
    0-6 (Cohen et al., arXiv 2005.11856); BrixIA's ``public-annotations.csv``, where it lies in the
    folder too, holds the senior's and the junior's zones.
    """
    severity = _by_name(source, "covid-severity-scores.csv")
    brixia = _by_name(source, "public-annotations.csv")
    for line in read_table(source.need("metadata.csv")):
        if line.get("modality", "X-ray").lower() != "x-ray":
            continue
        name = line["filename"]
        graded = severity.get(name), brixia.get(name)
        yield {
            "image": source.by_name.get(name),
            "patient": line["patientid"],
            **_facts(line),
            **_severity(graded[0]),
            **_zones(graded[1]),
            "license": _license(line, *graded),
        }


COLLECTION = Collection(
    "cohen",
    "COVID-19 Image Data Collection",
    "",
    "metadata.csv beside images/, as in the repository ieee8023/covid-chestxray-dataset",
    rows,
)


def _by_name(source: Source, table: str) -> dict[str, dict[str, str]]:
    path = source.find(table)
    return {} if path is None else {line["filename"]: line for line in read_table(path)}


def _facts(line: Mapping[str, str]) -> Row:
    view = line.get("view", "").upper()
    findings = [word.strip() for word in line.get("finding", "").split("/")]
    facts: Row = {
        "view": next((known for known in ("PA", "AP", "L") if view.startswith(known)), ""),
        "sex": line.get("sex", "") if line.get("sex") in ("M", "F") else "",
        "age": line.get("age", ""),
        "finding": "|".join(word for word in findings if word.lower() not in NOTHING_SAID),
        "offset_days": line.get("offset", ""),
    }
    for column in ("intubated", "intubation_present"):
        facts[column] = line.get(column, "") if line.get(column) in YES_OR_NO else ""
    return facts


def _severity(line: Mapping[str, str] | None) -> Row:
    if line is None:
        return {}
    return {
        "geographic_extent": line["geographic_mean"],
        "opacity": line["opacity_mean"],
        "opacity_max": 6,
        "cohen94": "yes",
    }


def _zones(line: Mapping[str, str] | None) -> Row:
    if line is None:
        return {}
    return {f"brixia_{who}_{zone}": line[f"{who}-{zone}"] for who in "SJ" for zone in ZONES}


def _license(
    line: Mapping[str, str],
    severity: Mapping[str, str] | None,
    brixia: Mapping[str, str] | None,
) -> str:
    terms = [f"film {line.get('license') or 'not stated'}"]
    terms += [SEVERITY_LICENSE] if severity else []
    terms += [BRIXIA_LICENSE] if brixia else []
    return "; ".join(terms)
