"""Boxes as others write them: sides instead of corners, COCO's JSON, YOLO's text files."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from radiograde.data.errors import CollectionError
from radiograde.data.film_header import read_header
from radiograde.model.errors import RadiogradeError


def corners(x: float, y: float, width: float, height: float) -> str:
    """Return a box, given by its upper left corner and its sides, as the manifest writes it."""
    return f"{max(0.0, x):.7g} {max(0.0, y):.7g} {x + width:.7g} {y + height:.7g}"


def coco_boxes(path: Path, classes: Collection[str] = ()) -> dict[str, list[str]]:
    """Return the boxes of a COCO file by the names of its images; without ``classes``, of all.

    An image without annotations has an empty list. Source: cocodataset.org, format of data,
    ``bbox`` is x, y, width, height in pixels. Raises CollectionError.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        names = {image["id"]: Path(image["file_name"]).name for image in content["images"]}
        kinds = {kind["id"]: kind["name"] for kind in content.get("categories", ())}
        boxes: dict[str, list[str]] = {name: [] for name in names.values()}
        for one in content["annotations"]:
            if not classes or kinds.get(one.get("category_id")) in classes:
                boxes[names[one["image_id"]]].append(corners(*map(float, one["bbox"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CollectionError(f"{path.name} is no COCO file of boxes.") from error
    return boxes


def yolo_boxes(
    image: Path, labels: Mapping[str, Path], classes: Collection[str] = ()
) -> list[str] | None:
    """Return the boxes in the text file that bears the image's name; None without such a file.

    A line is ``class x y width height``: the box's middle and sides as shares of the image's.
    ``classes``: the numbers wanted; all where there are none. Raises CollectionError.
    """
    path = labels.get(image.stem)
    if path is None:
        return None
    boxes = []
    try:
        header = read_header(image)
        for line in filter(str.strip, path.read_text(encoding="utf-8").splitlines()):
            kind, *numbers = line.split()
            x, y, width, height = map(float, numbers[:4])
            if not classes or kind in classes:
                sides = width * header.columns, height * header.rows
                middle = x * header.columns, y * header.rows
                boxes.append(corners(middle[0] - sides[0] / 2, middle[1] - sides[1] / 2, *sides))
    except (OSError, ValueError, RadiogradeError) as error:
        raise CollectionError("A text file beside a film holds no boxes of YOLO.") from error
    return boxes


def boxes_of_dicts(boxes: Any) -> list[str]:
    """Return boxes given as dictionaries of x, y, width and height. Raises CollectionError."""
    try:
        return [corners(*(float(box[n]) for n in ("x", "y", "width", "height"))) for box in boxes]
    except (KeyError, TypeError, ValueError) as error:
        raise CollectionError("A cell of boxes cannot be read.") from error
