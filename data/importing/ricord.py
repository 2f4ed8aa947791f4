"""MIDRC-RICORD-1c (Tsai et al., Radiology 2021;299:E204-E213; TCIA, 10.7937/91ah-v663)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from radiograde.data.errors import CollectionError
from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.source import Source, column_of, facts_of, header_of, read_table

PREFIX = "MIDRC-RICORD-1C-"
READS = {name: name for name in ("negative", "typical", "indeterminate", "atypical")}
"""What the class labels begin with, such as ``Typical Appearance``."""

GRADES = {"mild": 1, "moderate": 2, "severe": 3}
"""By the number of lung zones with opacities: 1 or 2, 3 or 4, more."""

Line = Mapping[str, str]
Meaning = TypeVar("Meaning")


def rows(source: Source) -> Iterator[Row]:
    """Yield the DICOM films that readers labelled: their class, and the grade of each reader.

    Lines belong to a film by the patient's id and the study's date. Readers are numbered.
    """
    labelled = _by_study(read_table(_annotations(source)))
    missing = dict.fromkeys(labelled)
    for image in source.below(suffixes=(".dcm",)):
        header = header_of(image)
        patient = (header and header.text("PatientID")) or ""
        study = patient.removeprefix(PREFIX), (header and header.text("StudyDate")) or ""
        if study in labelled:
            missing.pop(study, None)
            labels = _labels(labelled[study])
            yield {"image": image, "patient": patient, **facts_of(header), **labels}
    for patient, _ in missing:
        yield {"image": None, "patient": patient}


COLLECTION = Collection(
    "ricord",
    "MIDRC-RICORD-1c",
    "CC BY-NC 4.0",
    "the DICOM films as TCIA delivers them, and the CSV of annotations, one line a reader",
    rows,
)


def _annotations(source: Source) -> Path:
    return source.find("*annotation*.csv", "*1c*.csv") or source.need("*.csv")


def _by_study(table: Sequence[Line]) -> dict[tuple[str, str], list[tuple[str, Line]]]:
    """Return each study's lines, each with its reader's number, by patient and day."""
    patient, date = column_of(table, "mrn"), column_of(table, "study date")
    reader = column_of(table, "reader_id") or column_of(table, "reader")
    if patient is None or date is None or reader is None:
        raise CollectionError("The annotations lack the patient (MRN), the study date or reader.")
    names = sorted({line[reader] for line in table})
    numbers = {name: f"R{number}" for number, name in enumerate(names, 1)}
    found: dict[tuple[str, str], list[tuple[str, Line]]] = defaultdict(list)
    for line in table:
        study = line[patient].removeprefix(PREFIX), _day(line[date])
        found[study].append((numbers[line[reader]], line))
    return found


def _day(text: str) -> str:
    """Return a date as DICOM writes it, of 3/14/2005 or 2005-03-14."""
    american = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text, re.ASCII)
    if american:
        return f"{american[3]}{int(american[1]):02d}{int(american[2]):02d}"
    return re.sub(r"[^0-9]", "", text)


def _labels(lines: Sequence[tuple[str, Line]]) -> Row:
    """Return what most readers took the film for, and each one's grade; none where negative."""
    table = [line for _, line in lines]
    names = {name.lower(): name for name in table[0]}
    kind, grade = names.get("class_label", ""), names.get("grade_label", "")
    reads = [_meaning(line.get(kind, ""), READS) for line in table]
    votes = Counter(filter(None, reads)).most_common(2)
    agreed = votes and (len(votes) == 1 or votes[0][1] > votes[1][1])
    labels: Row = {"read": votes[0][0] if agreed else ""}
    for (reader, line), read in zip(lines, reads, strict=True):
        value = _meaning(line.get(grade, ""), GRADES)
        labels[f"airspace_grade_{reader}"] = 0 if value is None and read == "negative" else value
    return labels


def _meaning(text: str, meanings: Mapping[str, Meaning]) -> Meaning | None:
    fitting = (meanings[word] for word in meanings if text.lower().startswith(word))
    return next(fitting, None)
