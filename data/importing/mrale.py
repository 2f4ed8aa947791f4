"""MIDRC mRALE Mastermind Challenge (J Med Imaging 2025;12:024505): extent and density a lung."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from radiograde.data.errors import CollectionError
from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.source import Source, column_of, facts_of, header_of, read_table

SIDES = ("right", "left")
Line = Mapping[str, str]


def rows(source: Source) -> Iterator[Row]:
    """Yield the DICOM films of the studies in the table, which has a line a study and reader.

    Columns are known by the words in their names: ``extent`` and ``density`` with ``right`` or
    ``left``, ``mRALE``, and whoever annotated. Lines without a reader are numbered in their order.
    Of a lung without opacities the density is 0. All films of a study have the study's grades.
    """
    table = read_table(source.find("*mRALE*.csv") or source.need("*.csv"))
    study_column = column_of(table, "studyinstanceuid") or column_of(table, "study")
    if study_column is None or column_of(table, "mrale") is None:
        raise CollectionError("The table lacks the StudyInstanceUID or the mRALE score.")
    studies: dict[str, list[Line]] = defaultdict(list)
    for line in table:
        studies[line[study_column]].append(line)
    readers = _readers(table)
    missing = dict.fromkeys(studies)
    for image in source.below(suffixes=(".dcm",)):
        header = header_of(image)
        study = (header and header.text("StudyInstanceUID")) or ""
        if header is not None and study in studies:
            missing.pop(study, None)
            patient = header.text("PatientID") or study
            grades = _grades(studies[study], readers)
            yield {"image": image, "patient": patient, **facts_of(header), **grades}
    for study in missing:
        yield {"image": None, "patient": study}


COLLECTION = Collection(
    "mrale",
    "MIDRC mRALE Mastermind",
    "MIDRC data use agreement, CC BY-NC 4.0",
    "the DICOM films as the gen3 client delivers them, and the CSV of annotations",
    rows,
)


def _readers(table: Sequence[Line]) -> tuple[str, Mapping[str, str]]:
    """Return the column of readers, '' without one, and the number of each reader."""
    words = ("reader", "annotator", "radiologist", "rater")
    column = next(filter(None, (column_of(table, word) for word in words)), "")
    names = sorted({line[column] for line in table}) if column else []
    return column, {name: f"R{number}" for number, name in enumerate(names, 1)}


def _grades(lines: Sequence[Line], readers: tuple[str, Mapping[str, str]]) -> Row:
    column, numbers = readers
    grades: Row = {}
    for place, line in enumerate(lines, 1):
        reader = numbers[line[column]] if column else f"R{place}"
        for side in SIDES:
            extent, density = (_number(line, lines, word, side) for word in ("extent", "density"))
            grades[f"extent_{side}_{reader}"] = extent
            grades[f"density_{side}_{reader}"] = 0.0 if extent == 0 else density
        grades[f"mrale_{reader}"] = _number(line, lines, "mrale")
    return grades


def _number(line: Line, lines: Sequence[Line], *words: str) -> float | None:
    """Return the number that a cell begins with, such as 2 of ``2 (25-50%)``."""
    column = column_of(lines, *words)
    number = re.match(r"\d+(?:\.\d+)?", line[column], re.ASCII) if column else None
    return float(number[0]) if number else None
