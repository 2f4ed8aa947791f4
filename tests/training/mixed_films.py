"""Drawn films of several hospitals with every kind of label that a manifest may hold."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.data.phantom import Phantom, PhantomSpec, draw
from radiograde.model.scoring.scales import ZONES

SHAPE = (120, 108)
SQUASHED = (120, 120)
"""Columns and rows of films that were squashed to a square, as they are stored."""

Row = dict[str, Any]


@dataclass
class FilmWriter:
    """Draws one film after another below a folder, each of another patient unless told."""

    folder: Path
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))
    count: int = 0

    def film(self, source: str, worst: float = 3.0, *, squashed: bool = False) -> Row:
        """Write a film and return its row."""
        phantom = self.draw(worst)
        name = f"{source}_{self.count:03d}"
        picture = _grey(phantom.pixels)
        self.save(f"films/{name}.png", picture.resize(SQUASHED) if squashed else picture)
        self.last = phantom
        self.count += 1
        return {"image": f"films/{name}.png", "patient": name, "source": source, "view": "PA"}

    def draw(self, worst: float) -> Phantom:
        zones = {zone: min(worst, float(self.rng.integers(0, 4))) for zone in ZONES}
        self.zones = zones
        return draw(PhantomSpec(*SHAPE, zones=zones, seed=self.count))

    def mask(self, row: Row, column: str, drawn: NDArray[Any]) -> None:
        """Write a mask of the film that was drawn last, and name it in its row."""
        path = f"masks/{row['patient']}_{column}.png"
        self.save(path, Image.fromarray(drawn.astype(np.uint8)))
        row[column] = path

    def save(self, path: str, picture: Image.Image) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        picture.save(self.folder / path)


def write_mixed(folder: Path) -> list[Path]:
    """Write films and three CSVs below ``folder``, and return the CSVs.

    The third one names films of the first again, with masks that others drew.
    """
    writer = FilmWriter(folder)
    graded = list(_brixia(writer))
    elsewhere = [
        *_lungs_graded(writer), *_extent6(writer), *_boxed(writer), *_clear(writer),
        *_masked(writer), *_findings(writer), *_not_graded(writer),
    ]  # fmt: skip
    masks = [_opacity_masks(folder, row) for row in graded[:4]]
    tables = {"labels.csv": graded, "elsewhere.csv": elsewhere, "masks.csv": masks}
    return [_write(folder / name, rows) for name, rows in tables.items()]


def _brixia(writer: FilmWriter) -> Iterator[Row]:
    """Zones by two readers, extent and opacity of no reader named, masks of 1 and 2."""
    for number in range(20):
        row = writer.film("brescia", (number % 4) * 1.0)
        for reader in ("S", "J"):
            row |= {f"brixia_{reader}_{zone}": int(writer.zones[zone]) for zone in ZONES}
        row["geographic_extent"] = row["opacity"] = number % 4 * 2
        row["opacity_max"] = 6 if number % 2 else 8
        row["offset_days"], row["patient"] = number // 2, f"brescia_{number // 2}"
        row["age"] = 50
        right, left = writer.last.lungs
        writer.mask(row | {"patient": f"b{number}"}, "lung_mask", right + 2 * left)
        row["lung_mask"] = f"masks/b{number}_lung_mask.png"
        yield row


def _lungs_graded(writer: FilmWriter) -> Iterator[Row]:
    """Each lung by two readers of other names, and no mask."""
    for number in range(10):
        row = writer.film("stony")
        for reader in ("R1", "R2"):
            for lung in ("right", "left"):
                row |= {f"{scale}_{lung}_{reader}": number % 5 for scale in ("extent", "opacity")}
        yield row | {"read": "graded"}


def _extent6(writer: FilmWriter) -> Iterator[Row]:
    for number in range(4):
        row = writer.film("cohen")
        yield (
            row
            | {"extent6_R": number, "extent6_D": 4, "extent6_doubtful": number == 3}
            | {"mrale_R1": number * 6}
        )


def _boxed(writer: FilmWriter) -> Iterator[Row]:
    """Boxes on squashed films, or none because a radiologist saw nothing."""
    for number in range(10):
        row = writer.film("valencia", number % 2 * 3.0, squashed=True)
        row |= {"width_original": SHAPE[1], "height_original": SHAPE[0], "boxes_read": "yes"}
        boxes = {"read": "typical", "boxes": "20 30 50 80; 70 40 100 90"}
        yield row | (boxes if number % 2 else {"read": "negative"})


def _clear(writer: FilmWriter) -> Iterator[Row]:
    for _ in range(8):
        yield writer.film("normals", 0.0) | {"read": "normal"}


def _masked(writer: FilmWriter) -> Iterator[Row]:
    """Masks without the lung behind the heart, and one file for each lung."""
    for number in range(10):
        row = writer.film("lung_masks", 0.0) | {"read": "normal" if number % 2 else "tuberculosis"}
        right, left = writer.last.lungs
        if number < 6:
            writer.mask(row, "lung_mask", 255 * (right | left))
            row["heart_in_mask"] = "no" if number < 3 else "yes"
        else:
            writer.mask(row, "right_lung_mask", 255 * right)
            writer.mask(row, "left_lung_mask", left)
        yield row


def _findings(writer: FilmWriter) -> Iterator[Row]:
    words = ("No Finding", "Pneumonia|Effusion", "COVID-19", "todo")
    for number in range(24):
        yield writer.film("nih") | {"finding": words[number % 2 if number < 20 else number % 4]}


def _not_graded(writer: FilmWriter) -> Iterator[Row]:
    """Films that nobody may grade: lateral, of children, and none of a chest."""
    for _ in range(4):
        yield writer.film("nih") | {"view": "L"}
        yield writer.film("children") | {"read": "child", "age": 3}
        yield writer.film("odd") | {"read": "out of scope: ct_slice", "view": ""}
        yield writer.film("odd") | {"read": "out of scope: wrist", "view": ""}


def _opacity_masks(folder: Path, row: Row) -> Row:
    """Return the row of a film that the first CSV has, with opacities that others drew."""
    with Image.open(folder / row["image"]) as film:
        width, height = film.size
    opacity = np.zeros((height, width), np.uint8)
    opacity[height // 3 : height // 2, width // 5 : width // 3] = 255
    found = {"image": row["image"], "patient": row["patient"]}
    for column in ("ground_glass_mask", "consolidation_mask"):
        path = f"masks/{Path(row['image']).stem}_{column}.png"
        Image.fromarray(opacity).save(folder / path)
        found[column] = path
    return found


def _grey(pixels: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.rint(pixels * 255).astype(np.uint8))


def _write(path: Path, rows: list[Row]) -> Path:
    columns = dict.fromkeys(column for row in rows for column in row)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        writer.writerows(rows)
    return path
