"""The presentation state draws what was graded on the film as it is stored, and shows it alike."""

from __future__ import annotations

import dataclasses
import functools
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset

from radiograde.model.scoring.result import NOTICE
from radiograde.service.documents.document_kinds import kinds_of
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.outlines import lung_outlines
from radiograde.service.documents.presentation_state import presentation_state
from radiograde.service.errors import UndocumentedError
from tests.service.documents.graded_films import (
    SOP_UID,
    STUDY_UID,
    film_bytes,
    film_header,
    graded_film,
    rejected_film,
)
from tests.service.documents.real_films import SCORED, real_film
from tests.service.documents.validators import dciodvfy

FILM = functools.cache(graded_film)


def read(graded: GradedFilm) -> FileDataset:
    return dcmread(io.BytesIO(presentation_state(graded).content))


def graphics(ds: Dataset) -> list[np.ndarray[Any, Any]]:
    (annotation,) = ds.GraphicAnnotationSequence
    return [np.array(one.GraphicData).reshape(-1, 2) for one in annotation.GraphicObjectSequence]


def texts(ds: Dataset) -> list[str]:
    (annotation,) = ds.GraphicAnnotationSequence
    return [str(one.UnformattedTextValue) for one in annotation.TextObjectSequence]


def test_it_has_outlines_borders_and_scores_on_one_layer() -> None:
    ds = read(FILM())
    maps = FILM().result.maps
    assert maps is not None
    outlines = list(lung_outlines(FILM().film, maps).values())
    drawn = graphics(ds)
    assert len(drawn) == 2 + 4
    for expected, found in zip(outlines, drawn, strict=False):
        assert found == pytest.approx(expected, abs=0.01)
    assert texts(ds) == [
        "Brixia 6.7 (5.7 to 7.7) of 18, moderate",
        "A 0.2 (0.0 to 1.2)",
        "B 0.9 (0.0 to 1.9)",
        "C 2.4 (1.4 to 3.0)",
        "D 0.3 (0.0 to 1.3)",
        "E 1.0 (0.0 to 2.0)",
        "F 1.9 (0.9 to 2.9)",
        NOTICE,
    ]
    (layer,) = ds.GraphicLayerSequence
    assert {one.GraphicLayer for one in ds.GraphicAnnotationSequence} == {layer.GraphicLayer}


def test_it_belongs_to_the_film() -> None:
    ds = read(FILM())
    assert (ds.Modality, ds.StudyInstanceUID) == ("PR", STUDY_UID)
    (series,) = ds.ReferencedSeriesSequence
    assert series.ReferencedImageSequence[0].ReferencedSOPInstanceUID == SOP_UID
    assert presentation_state(FILM()).content == presentation_state(graded_film()).content


@pytest.mark.parametrize("orientation", [["R", "F"], ["L", "H"], ["R", "H"]])
def test_everything_lies_on_the_film_as_it_is_stored(orientation: list[str]) -> None:
    graded = graded_film(PatientOrientation=orientation)
    maps = graded.result.maps
    assert maps is not None
    for expected, found in zip(
        lung_outlines(graded.film, maps).values(), graphics(read(graded)), strict=False
    ):
        assert found == pytest.approx(expected, abs=0.01)
    (annotation,) = read(graded).GraphicAnnotationSequence
    for text in annotation.TextObjectSequence:
        left, top = text.BoundingBoxTopLeftHandCorner
        right, bottom = text.BoundingBoxBottomRightHandCorner
        assert 0 < left < right <= 288
        assert 0 < top < bottom <= 320


LUT = Dataset()
LUT.LUTDescriptor, LUT.LUTData = [4, 0, 16], [0, 1000, 30000, 65535]
LUT["LUTDescriptor"].VR, LUT["LUTData"].VR = "US", "US"
SHOWN: dict[str, dict[str, Any]] = {
    "window": {},
    "inverted": {"PhotometricInterpretation": "MONOCHROME1"},
    "rescaled": {"RescaleSlope": 2, "RescaleIntercept": -5},
    "sigmoid": {"VOILUTFunction": "SIGMOID"},
    "table": {"WindowCenter": None, "WindowWidth": None, "VOILUTSequence": [LUT]},
    "neither": {"WindowCenter": None, "WindowWidth": None},
}


@pytest.mark.parametrize("changed", SHOWN.values(), ids=SHOWN)
def test_the_validator_finds_nothing(changed: dict[str, Any], tmp_path: Path) -> None:
    assert dciodvfy(presentation_state(graded_film(**changed)).content, tmp_path) == []


def test_the_film_is_shown_as_its_own_header_says() -> None:
    ds = read(graded_film(**SHOWN["rescaled"], **SHOWN["inverted"]))
    assert (ds.RescaleSlope, ds.RescaleIntercept) == (2, -5)
    assert ds.PresentationLUTShape == "INVERSE"
    (window,) = ds.SoftcopyVOILUTSequence
    assert (window.WindowCenter, window.WindowWidth) == (2048, 4096)
    (table,) = read(graded_film(**SHOWN["table"])).SoftcopyVOILUTSequence
    entries = np.frombuffer(table.VOILUTSequence[0]["LUTData"].value, "<u2")
    assert entries.tolist() == [0, 1000, 30000, 65535]
    assert "SoftcopyVOILUTSequence" not in read(graded_film(**SHOWN["neither"]))


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_dcmtk_renders_the_film_through_it(photometric: str, tmp_path: Path) -> None:
    """The same greys as without it: lungs stay dark, whichever way they are stored."""
    program = shutil.which("dcmp2pgm")
    if program is None:
        pytest.skip("DCMTK is not installed")
    film, state, picture = (tmp_path / name for name in ("film.dcm", "pr.dcm", "out.pgm"))
    film.write_bytes(film_bytes(PhotometricInterpretation=photometric))
    graded = graded_film(PhotometricInterpretation=photometric)
    state.write_bytes(presentation_state(graded).content)
    subprocess.run([program, "-p", state, film, picture], check=True, timeout=60)
    pixels = dcmread(film).pixel_array / 4095
    expected = 1 - pixels if photometric == "MONOCHROME1" else pixels
    shown = np.asarray(Image.open(picture)) / 255
    assert np.abs(shown - expected).mean() < 0.02


def test_only_scored_films_in_grey_have_one() -> None:
    scored = FILM()
    assert "pr" in kinds_of(scored)
    coloured = dataclasses.replace(scored, header=film_header(SamplesPerPixel=3))
    assert "pr" not in kinds_of(coloured)
    with pytest.raises(UndocumentedError):
        presentation_state(coloured)
    for graded in (rejected_film(), dataclasses.replace(scored, header=None)):
        assert "pr" not in kinds_of(graded)
        with pytest.raises(UndocumentedError):
            presentation_state(graded)


@pytest.mark.parametrize("name", SCORED)
def test_real_films_have_a_valid_one(name: str, shared: Path, tmp_path: Path) -> None:
    complaints = dciodvfy(presentation_state(real_film(shared, name)).content, tmp_path)
    assert [line for line in complaints if "Retired Person Name form" not in line] == []
