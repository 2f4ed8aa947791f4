"""RALO, Stony Brook (Cohen et al., Zenodo 4634000): each lung graded by two readers."""

from __future__ import annotations

from collections.abc import Iterator

from radiograde.data.errors import CollectionError
from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.source import Source, column_of, read_table

READERS = ("R1", "R2")
SCALES = {"extent": "geographic", "opacity": "opacity"}
"""The manifest's scale by the word in the column's name."""

SIDES = ("right", "left")


def rows(source: Source) -> Iterator[Row]:
    """Yield the films; row N of the table is film N.jpg, counted from 0.

    The first line of the table is a heading of groups. The columns of the second reader have the
    names of the first one's again.
    """
    table = read_table(source.need("ralo-dataset-metadata.csv"), skip=1)
    columns = {
        f"{scale}_{side}_{reader}": column_of(table, side, word, nth=place)
        for place, reader in enumerate(READERS)
        for scale, word in SCALES.items()
        for side in SIDES
    }
    if None in columns.values():
        raise CollectionError("The table lacks a column of extent or opacity of a lung.")
    films = source.by_stem("CXR_images_scored", suffixes=(".jpg", ".jpeg", ".png"))
    for number, line in enumerate(table):
        grades: Row = {name: line[column] for name, column in columns.items() if column}
        yield {
            "image": films.get(str(number)),
            "patient": line["Subject_ID"],
            "view": "AP",
            "read": "graded",
            **grades,
        }


COLLECTION = Collection(
    "ralo",
    "RALO, Stony Brook",
    "CC BY-SA 4.0",
    "ralo-dataset-metadata.csv beside CXR_images_scored/0.jpg, 1.jpg and so on",
    rows,
)
