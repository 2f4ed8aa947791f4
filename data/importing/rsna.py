"""RSNA Pneumonia Detection Challenge 2018 (Shih et al., Radiol Artif Intell 2019;1:e180041)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from radiograde.data.importing.boxes import corners
from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.source import Source, facts_of, header_of, read_table

READS = {
    "Normal": "normal",
    "No Lung Opacity / Not Normal": "negative",
    "Lung Opacity": "opacity",
}


def rows(source: Source) -> Iterator[Row]:
    """Yield the films of ``stage_2_train_labels.csv``, one line of which is a box or none.

    Every film was looked at for opacities. The ids are of films: those of the patients are lost,
    and films of NIH ChestX-ray14 may show the same ones.
    """
    classes = {
        line["patientId"]: line["class"]
        for line in read_table(source.need("stage_2_detailed_class_info.csv"))
    }
    boxes: dict[str, list[str]] = defaultdict(list)
    for line in read_table(source.need("stage_2_train_labels.csv")):
        found = boxes[line["patientId"]]
        if line["Target"] == "1":
            sides = [float(line[name]) for name in ("x", "y", "width", "height")]
            found.append(corners(*sides))
    films = source.by_stem(suffixes=(".dcm", ".png", ".jpg"))
    for name, framed in boxes.items():
        image = films.get(name)
        yield {
            "image": image,
            "patient": name,
            **facts_of(header_of(image) if image else None),
            "read": READS.get(classes.get(name, ""), ""),
            "boxes": ";".join(framed),
            "boxes_read": "yes",
        }


COLLECTION = Collection(
    "rsna",
    "RSNA Pneumonia Detection 2018",
    "academic and non-commercial use",
    "stage_2_train_labels.csv and stage_2_detailed_class_info.csv beside "
    "stage_2_train_images/PATIENTID.dcm",
    rows,
)
