"""``radiograde data masks``: lung masks drawn by a model for films that nobody outlined.

They join the films as a second manifest: ``--data films/ --data drawn/``.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.data import manifest as manifests
from radiograde.data.film import Film
from radiograde.data.film_header import read_header
from radiograde.model.errors import RadiogradeError
from radiograde.model.reading import film_file
from radiograde.model.scoring.result import Maps
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.progress import followed

COLUMNS = ("image", "patient", "lung_mask", "mask_values", "heart_in_mask")
VALUES = "right=1 left=2"

LEAST_AREA, MOST_AREA = 0.02, 0.4
"""A lung of less or more of the film is none."""

LEAST_PIECE = 0.9
"""A lung is one piece: what is scattered further is no outline."""

Mask = NDArray[np.uint8]


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="DIR")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the masks and their labels.csv; it must be new or empty.",
)
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="ONNX file that finds the lungs; default: the bundled model.",
)
def masks(source: Path, out: Path, model: Path | None) -> None:
    """Draw lung masks by a model for films without any, to train on beside them.

    A film is passed over where the model turns it away, or finds no two lungs of one piece each.

    \b
    Example:
      radiograde data masks films/ --out drawn/
      radiograde train --data films/ --data drawn/ --out runs/mine
    """
    try:
        films = manifests.load(source).films
        drawn = draw_masks(films, out, Scorer(model))
    except RadiogradeError as error:
        raise click.ClickException(str(error)) from error
    wanted = sum(_is_wanted(film) for film in films)
    click.echo(f"{drawn} lung masks for {wanted} films without any, in {out}")


def draw_masks(films: tuple[Film, ...], out: Path, scorer: Scorer) -> int:
    """Write masks and their labels.csv to ``out``; return for how many films.

    Raises:
        click.ClickException: ``out`` holds something.
    """
    if out.exists() and any(out.iterdir()):
        raise click.ClickException(f"{out} is not empty: choose another --out.")
    folder = out / "lung_masks"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [film for film in films if _is_wanted(film)]
    rows: list[tuple[str, str, str]] = []
    for film, mask in followed(_drawn(wanted, scorer), "Drawing lung masks", len(wanted)):
        if mask is not None:
            path = folder / f"{len(rows):05d}.png"
            Image.fromarray(mask).save(path)
            rows.append((_relative(film.image, out), film.patient, f"lung_masks/{path.name}"))
    with (out / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([*row, VALUES, "yes"] for row in rows)
    return len(rows)


def lungs_of(maps: Maps) -> NDArray[np.bool_] | None:
    """Return both lungs (2, h, w) as a model finds them; None where they are no lungs."""
    found = []
    for lung in maps.lungs > 0.5:
        piece = _piece(lung)
        area = float(piece.mean())
        if not LEAST_AREA <= area <= MOST_AREA or piece.sum() < LEAST_PIECE * lung.sum():
            return None
        found.append(piece)
    right, left = (np.nonzero(lung)[1].mean() for lung in found)
    return np.stack(found) if right < left else None


def _piece(lung: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the piece of a lung (h, w) that holds its fullest row's fullest column."""
    piece = np.zeros_like(lung)
    row = int(lung.sum(1).argmax())
    columns = np.flatnonzero(lung[row])
    if not len(columns):
        return piece
    piece[row, columns[lung[:, columns].sum(0).argmax()]] = True
    size = 0
    while piece.sum() > size:
        size = int(piece.sum())
        padded = np.pad(piece, 1)
        grown = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
        piece = (piece | grown) & lung
    return piece


def _is_wanted(film: Film) -> bool:
    return film.in_scope and not film.has_lung_masks


def _drawn(films: list[Film], scorer: Scorer) -> Iterator[tuple[Film, Mask | None]]:
    for film in films:
        mask = None
        with suppress(RadiogradeError):
            mask = _mask_of(film, scorer)
        yield film, mask


def _mask_of(film: Film, scorer: Scorer) -> Mask | None:
    """Return the mask of the stored film: 1 the patient's right lung, 2 the left."""
    maps = scorer.score(film_file.read(film.image)).maps
    lungs = None if maps is None else lungs_of(maps)
    if lungs is None:
        return None
    header = read_header(film.image)
    shown = header.stored(np.maximum(lungs[0] * np.uint8(1), lungs[1] * np.uint8(2)))
    size = (header.columns, header.rows)
    return np.asarray(Image.fromarray(shown).resize(size, Image.Resampling.NEAREST))


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
