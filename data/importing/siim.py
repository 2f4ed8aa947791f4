"""SIIM-FISABIO-RSNA COVID-19 (Lakhani et al., J Digit Imaging 2023;36:365-372)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from radiograde.data.errors import CollectionError
from radiograde.data.importing.boxes import boxes_of_dicts
from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.source import Source, facts_of, header_of, read_table

READS = {
    "Negative for Pneumonia": "negative",
    "Typical Appearance": "typical",
    "Indeterminate Appearance": "indeterminate",
    "Atypical Appearance": "atypical",
}


def rows(source: Source) -> Iterator[Row]:
    """Yield the films of ``train_image_level.csv``.

    A film without boxes was looked at for them where its study is negative; of others nothing is
    known. Patients are those of the DICOM headers.
    """
    reads = {
        line["id"].removesuffix("_study"): _read(line)
        for line in read_table(source.need("train_study_level.csv"))
    }
    films = source.by_stem(suffixes=(".dcm", ".png", ".jpg"))
    for line in read_table(source.need("train_image_level.csv")):
        study = line["StudyInstanceUID"]
        image = films.get(line["id"].removesuffix("_image"))
        header = header_of(image) if image else None
        boxes, read = _boxes(line.get("boxes", "")), reads.get(study, "")
        yield {
            "image": image,
            "patient": (header and header.text("PatientID")) or study,
            **facts_of(header),
            "read": read,
            "boxes": boxes,
            "boxes_read": "yes" if boxes or read == "negative" else "",
        }


COLLECTION = Collection(
    "siim",
    "SIIM-FISABIO-RSNA COVID-19",
    "academic and non-commercial use",
    "train_image_level.csv and train_study_level.csv beside train/STUDY/SERIES/IMAGE.dcm",
    rows,
)


def _read(line: Mapping[str, str]) -> str:
    reads = [read for column, read in READS.items() if line.get(column) in ("1", "1.0")]
    return reads[0] if len(reads) == 1 else ""


def _boxes(text: str) -> str:
    """Return a cell's list of dictionaries as the manifest's boxes."""
    if not text or text.lower() == "nan":
        return ""
    try:
        boxes = ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise CollectionError("A cell of boxes cannot be read.") from error
    return ";".join(boxes_of_dicts(boxes))
