from __future__ import annotations

import dataclasses
import io
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from highdicom.seg import segread
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    JPEGBaseline8Bit,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
)

from radiograde.data.storage import Storage
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_file import open_film
from radiograde.model.reading.grey import Pixels
from radiograde.model.scoring.result import Maps
from radiograde.model.scoring.scorer import involvement
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.segmentation import masks_as_stored, segmentation
from radiograde.service.errors import UndocumentedError
from tests.model.reading.films import film as stored_film
from tests.service.documents import graded_films
from tests.service.documents.real_films import SCORED, real_film
from tests.service.documents.validators import dciodvfy

HEADINGS = 8192
"""More bytes than everything beside the pixels takes."""


def read_back(document: Document) -> NDArray[np.bool_]:
    """Return the segments (3, H, W) as highdicom reads them."""
    seg = segread(io.BytesIO(document.content))
    planes = seg.get_pixels_by_source_instance(
        [seg.SourceImageSequence[0].ReferencedSOPInstanceUID]
    )
    return np.asarray(np.moveaxis(planes[0], -1, 0), np.bool_)


def dataset(document: Document) -> Dataset:
    return dcmread(io.BytesIO(document.content))


def with_maps(graded: GradedFilm, maps: Maps | None) -> GradedFilm:
    return dataclasses.replace(graded, result=dataclasses.replace(graded.result, maps=maps))


def with_film(graded: GradedFilm, pixels: NDArray[np.float32]) -> GradedFilm:
    return dataclasses.replace(graded, film=dataclasses.replace(graded.film, grey=Pixels(pixels)))


def with_header(graded: GradedFilm, header: Header) -> GradedFilm:
    film = dataclasses.replace(graded.film, sop_instance_uid=None, study_instance_uid=None)
    return dataclasses.replace(graded, film=film, header=header)


ORIENTATIONS = {
    "upright": (["L", "F"], (1, 1)),
    "mirrored": (["R", "F"], (1, -1)),
    "upside down": (["L", "H"], (-1, 1)),
    "turned around": (["R", "H"], (-1, -1)),
}


@pytest.mark.parametrize(("orientation", "steps"), ORIENTATIONS.values(), ids=ORIENTATIONS)
def test_the_segments_lie_on_the_film_as_it_is_stored(
    orientation: list[str], steps: tuple[int, int]
) -> None:
    graded = graded_films.graded_film(PatientOrientation=orientation)
    document = segmentation(graded)
    segments = read_back(document)
    assert graded.result.maps is not None
    assert np.array_equal(segments, masks_as_stored(graded.film, graded.result.maps))
    # On the map of 64 x 58 the right lung takes columns 6-26, its lower third is involved.
    right, left, opacity = segments[:, :: steps[0], :: steps[1]]
    assert right[60:260, 40:120].all()
    assert not right[:, 140:].any()
    assert left[60:260, 170:250].all()
    assert not left[:, :150].any()
    assert opacity[210:270, 40:120].all()
    assert not opacity[:190].any()
    assert dataset(document).PatientOrientation == orientation


def test_the_opacity_is_what_the_percentages_count() -> None:
    graded = graded_films.graded_film()
    down, across = np.mgrid[0:64, 0:58].astype(np.float32)
    slope = ((down + across) / 120).astype(np.float32)
    for involved in (0.25, 0.6):
        maps = Maps(slope, graded_films.lung_maps().lungs, involved=involved)
        right, left, opacity = read_back(segmentation(with_maps(graded, maps)))
        expected = involvement(maps, involved)
        assert 100 * (opacity & right).sum() / right.sum() == pytest.approx(expected.right, abs=2)
        assert 100 * (opacity & left).sum() / left.sum() == pytest.approx(expected.left, abs=2)


def test_the_segments_are_coded() -> None:
    ds = dataset(segmentation(graded_films.graded_film()))
    kinds = [segment.SegmentedPropertyTypeCodeSequence[0] for segment in ds.SegmentSequence]
    assert [kind.CodeValue for kind in kinds] == ["39607008", "39607008", "112001"]
    sides = [kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning for kind in kinds[:2]]
    assert sides == ["Right", "Left"]
    algorithm = ds.SegmentSequence[2].SegmentationAlgorithmIdentificationSequence[0]
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("fake", "1.2.3")
    assert ds.SegmentsOverlap == "YES"


def test_it_belongs_to_the_film() -> None:
    graded = graded_films.graded_film()
    ds = dataset(segmentation(graded))
    assert ds.StudyInstanceUID == graded_films.STUDY_UID
    assert ds.PatientName == "김^민준"
    assert (ds.Rows, ds.Columns) == graded.film.pixels.shape
    assert ds.SourceImageSequence[0].ReferencedSOPInstanceUID == graded_films.SOP_UID
    assert ds.Manufacturer == "Radiograde"


def test_the_same_case_gives_the_same_bytes() -> None:
    assert (
        segmentation(graded_films.graded_film()).content
        == segmentation(graded_films.graded_film()).content
    )


def test_a_film_without_lungs_has_three_empty_frames() -> None:
    empty = Maps(np.zeros((8, 8), np.float32), np.zeros((2, 8, 8), np.float32))
    document = segmentation(with_maps(graded_films.graded_film(), empty))
    ds = dataset(document)
    assert (ds.NumberOfFrames, ds.SegmentsOverlap) == (3, "NO")
    assert not read_back(document).any()


@pytest.mark.parametrize("shape", [(32, 32), (33, 31), (8000, 6250)])
def test_films_of_any_size_take_a_bit_a_pixel(shape: tuple[int, int]) -> None:
    pixels = np.broadcast_to(np.float32(0.5), shape)
    content = segmentation(with_film(graded_films.graded_film(), pixels)).content
    assert 0 <= len(content) - 3 * shape[0] * shape[1] / 8 < HEADINGS


def test_a_tiny_film_reads_back() -> None:
    graded = with_film(graded_films.graded_film(), np.zeros((33, 31), np.float32))
    assert graded.result.maps is not None
    drawn = masks_as_stored(graded.film, graded.result.maps)
    assert drawn.any(axis=(1, 2)).all()
    assert np.array_equal(read_back(segmentation(graded)), drawn)


def test_lossy_compression_is_written() -> None:
    graded = dataclasses.replace(
        graded_films.graded_film(), transfer_syntax=str(JPEGBaseline8Bit), lossy_ratio=12.345
    )
    ds = dataset(segmentation(graded))
    assert (ds.LossyImageCompression, ds.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    assert ds.LossyImageCompressionRatio == "12.35"


def test_the_ratio_is_that_of_the_films_own_pixels() -> None:
    file = open_film(stored_film(Storage(bits=8, transfer_syntax=str(JPEGBaseline8Bit))), Limits())
    graded = GradedFilm.of(
        file, graded_films.scored_with_maps(file.radiograph()), graded_films.BEGAN
    )
    pixels = file.dicom().pixels
    assert pixels is not None
    rows, columns = graded.film.shape
    assert graded.lossy_ratio == pytest.approx(rows * columns / len(pixels.value))
    assert graded_films.graded_film().lossy_ratio is None


@pytest.mark.filterwarnings("ignore:The")
@pytest.mark.parametrize("name", ["Onlyone", "A^B^C^D^E^F^G=H=I=J", "x" * 90])
def test_names_are_not_quoted_in_warnings(
    name: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graded = graded_films.graded_film(PatientName=name, ReferringPhysicianName=name)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        segmentation(graded)
    said = [str(warning.message) for warning in warned] + [caplog.text, *capsys.readouterr()]
    assert not any(name[:6] in text for text in said)


def test_only_scored_films_that_came_as_dicom_have_one() -> None:
    scored = graded_films.graded_film()
    for graded in (
        graded_films.rejected_film(),
        with_maps(scored, None),
        dataclasses.replace(scored, header=None),
    ):
        with pytest.raises(UndocumentedError):
            segmentation(graded)


VARIANTS: dict[str, dict[str, Any]] = {
    "as drawn": {},
    "mirrored": {"PatientOrientation": ["R", "F"]},
    "no orientation": {"PatientOrientation": None},
    "no spacing": {"ImagerPixelSpacing": None},
    "inverted": {"PhotometricInterpretation": "MONOCHROME1"},
    "computed radiography": {"SOPClassUID": ComputedRadiographyImageStorage},
    "capture": {"SOPClassUID": SecondaryCaptureImageStorage},
    "capture of one frame": {
        "SOPClassUID": MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
        "NumberOfFrames": 1,
    },
    "frame of reference": {"FrameOfReferenceUID": "1.2.3", "PixelSpacing": [0.5, 0.5]},
    "lossy": {"LossyImageCompression": "01", "LossyImageCompressionRatio": 10},
}


@pytest.mark.parametrize("changed", VARIANTS.values(), ids=VARIANTS)
def test_the_validator_finds_nothing(changed: dict[str, Any], tmp_path: Path) -> None:
    assert dciodvfy(segmentation(graded_films.graded_film(**changed)).content, tmp_path) == []


def test_the_validator_finds_nothing_where_the_header_is_empty(tmp_path: Path) -> None:
    document = segmentation(with_header(graded_films.graded_film(), Header(Dataset())))
    assert dciodvfy(document.content, tmp_path) == []


@pytest.mark.parametrize("name", SCORED)
def test_real_films_have_a_valid_segmentation(name: str, shared: Path, tmp_path: Path) -> None:
    graded = real_film(shared, name)
    document = segmentation(graded)
    complaints = dciodvfy(document.content, tmp_path)
    assert [line for line in complaints if "Retired Person Name form" not in line] == []
    maps = graded.result.maps
    assert maps is not None
    right, left, opacity = segments = read_back(document)
    assert np.array_equal(segments, masks_as_stored(graded.film, maps))
    scores = graded.result.scores
    assert scores is not None
    share = 100 * opacity.sum() / (right | left).sum()
    assert share == pytest.approx(scores.lung_involvement_percent.total, abs=1.5)


def test_dcmtk_opens_it(tmp_path: Path) -> None:
    dcmdump = shutil.which("dcmdump")
    if dcmdump is None:
        pytest.skip("DCMTK is not installed")
    path = tmp_path / "seg.dcm"
    path.write_bytes(segmentation(graded_films.graded_film()).content)
    done = subprocess.run([dcmdump, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "SegmentationStorage" in done.stdout
    assert done.stderr == ""
