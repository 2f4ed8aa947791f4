"""COVID-19 Radiography Database (Rahman et al., Comput Biol Med 2021;132:104319)."""

from __future__ import annotations

from collections.abc import Iterator

from radiograde.data.importing.collection import Collection, Row
from radiograde.data.importing.source import Source

PICTURES = (".png", ".jpg", ".jpeg")
CLASSES: dict[str, Row] = {
    "COVID": {"finding": "COVID-19"},
    "Normal": {"finding": "No Finding"},
    "Lung_Opacity": {"finding": "Lung Opacity"},
    "Viral Pneumonia": {"finding": "Viral Pneumonia", "read": "child"},
}
"""What the folders say. Viral pneumonias are children's of 1 to 5 years, from Guangzhou; of the
normal ones an eighth is, and nothing says which."""


def rows(source: Source) -> Iterator[Row]:
    """Yield the films of each class with the lung mask of the same name.

    No patient is known: every film counts as one of its own. The masks leave the heart's shadow
    out.
    """
    for name, labels in CLASSES.items():
        masks = source.by_stem(name, "masks", suffixes=PICTURES)
        for image in source.below(name, "images", suffixes=PICTURES):
            mask = masks.get(image.stem)
            yield {
                "image": image,
                "patient": image.stem,
                "lung_mask": mask,
                "heart_in_mask": "no" if mask else "",
                **labels,
            }


COLLECTION = Collection(
    "radiography",
    "COVID-19 Radiography Database",
    "terms of the collections that it joins; see its README",
    "COVID, Normal, Lung_Opacity and 'Viral Pneumonia', each with images/ and masks/",
    rows,
)
