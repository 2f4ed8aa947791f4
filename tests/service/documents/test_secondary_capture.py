from __future__ import annotations

import dataclasses
import io
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    ExplicitVRLittleEndian,
    JPEGLosslessSV1,
    SecondaryCaptureImageStorage,
)

from radiograde.model.reading.codecs import FrameShape, decode
from radiograde.model.reading.grey import Pixels
from radiograde.model.reasons import Reason
from radiograde.model.scoring.result import GateVerdict
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.lossless_jpeg import uncompressed
from radiograde.service.documents.overlay import graded_view
from radiograde.service.documents.secondary_capture import capture_picture, secondary_capture
from radiograde.service.errors import UndocumentedError
from tests.service.documents import graded_films
from tests.service.documents.graded_films import film_header
from tests.service.documents.real_films import SCORED, real_film
from tests.service.documents.validators import dciodvfy

ONE_LINE = 30


def dataset(document: Document) -> Dataset:
    return dcmread(io.BytesIO(document.content))


def pixels_of(graded: GradedFilm) -> NDArray[np.uint8]:
    return pixels(secondary_capture(graded))


def pixels(document: Document) -> NDArray[np.uint8]:
    """Return the pixels of a capture, decoded as those of any film are."""
    ds = dataset(document)
    shape = FrameShape(ds.Rows, ds.Columns, 3, 8, ds.PhotometricInterpretation, planar=False)
    decoded: NDArray[np.uint8] = decode(
        get_frame(ds.PixelData, 0, number_of_frames=1),
        ds.file_meta.TransferSyntaxUID,
        shape,
    )
    return decoded


def with_result(graded: GradedFilm, **changed: Any) -> GradedFilm:
    return dataclasses.replace(graded, result=dataclasses.replace(graded.result, **changed))


def remarked(graded: GradedFilm, *reasons: Reason) -> GradedFilm:
    return with_result(graded, gate=GateVerdict(reasons))


def test_its_pixels_are_the_drawn_picture() -> None:
    graded = graded_films.graded_film()
    drawn = np.asarray(capture_picture(graded))
    assert np.array_equal(pixels_of(graded), drawn)
    film = np.asarray(graded_view(graded.film, graded.result))
    assert np.array_equal(drawn[: len(film)], film)
    assert 1200 <= drawn.shape[0] <= 1600
    assert drawn[len(film) :].std() > 10


def test_it_is_compressed_by_the_lossless_jpeg_that_every_archive_reads() -> None:
    ds = dataset(secondary_capture(graded_films.graded_film()))
    assert ds.file_meta.TransferSyntaxUID == JPEGLosslessSV1
    assert (ds.PhotometricInterpretation, ds.PlanarConfiguration) == ("RGB", 0)
    assert len(ds.PixelData) < 0.4 * ds.Rows * ds.Columns * 3
    assert ds.LossyImageCompression == "00"


def test_uncompressed_it_is_the_same_capture() -> None:
    graded = graded_films.graded_film()
    packed = dataset(secondary_capture(graded))
    plain = uncompressed(packed)
    assert packed.file_meta.TransferSyntaxUID == JPEGLosslessSV1
    assert plain.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert plain.PixelData == np.asarray(capture_picture(graded)).tobytes()
    del packed.PixelData, plain.PixelData
    assert packed == plain


def test_it_is_a_capture_that_no_one_takes_for_the_film() -> None:
    document = secondary_capture(graded_films.graded_film())
    ds = dataset(document)
    assert document.sop_class_uid == ds.SOPClassUID == SecondaryCaptureImageStorage
    assert (ds.Modality, ds.ConversionType, ds.BodyPartExamined) == ("OT", "WSD", "CHEST")
    assert list(ds.ImageType) == ["DERIVED", "SECONDARY"]
    assert "PixelSpacing" not in ds
    assert ds.SeriesDescription == "Radiograde severity"
    assert ds.Manufacturer == "Radiograde"


def test_it_belongs_to_the_film() -> None:
    ds = dataset(secondary_capture(graded_films.graded_film()))
    assert ds.StudyInstanceUID == graded_films.STUDY_UID
    assert ds.SeriesInstanceUID != "1.2.826.0.1.3680043.10.1541.2"
    assert ds.PatientName == "김^민준"
    assert ds.AccessionNumber == "ACC-7"
    assert ds.SourceImageSequence[0].ReferencedSOPInstanceUID == graded_films.SOP_UID
    assert ds.ReferencedSeriesSequence[0].SeriesInstanceUID == "1.2.826.0.1.3680043.10.1541.2"


def test_the_same_case_gives_the_same_bytes() -> None:
    assert (
        secondary_capture(graded_films.graded_film()).content
        == secondary_capture(graded_films.graded_film()).content
    )


def test_nothing_of_the_patient_is_drawn() -> None:
    other = graded_films.graded_film(
        PatientName="Other^Name",
        PatientID="X-99",
        PatientBirthDate="19991231",
        AccessionNumber="N-1",
        StudyDate="20200101",
        ReferringPhysicianName="Some^Body",
    )
    assert np.array_equal(pixels_of(graded_films.graded_film()), pixels_of(other))


def test_when_and_by_which_model_is_drawn() -> None:
    graded = graded_films.graded_film()
    model = dataclasses.replace(graded.result.model, version="9.8.7")
    plain = np.asarray(capture_picture(graded))
    later = dataclasses.replace(graded, began=graded.began + timedelta(minutes=1))
    for other in (later, with_result(graded, model=model)):
        assert not np.array_equal(plain, np.asarray(capture_picture(other)))


def test_warnings_are_drawn_whole() -> None:
    graded = graded_films.graded_film()
    bare = capture_picture(remarked(graded))
    warned = capture_picture(remarked(graded, Reason("inverted", "warn", "It was inverted.")))
    assert warned.height == bare.height + ONE_LINE
    amber = (np.asarray(warned).astype(int) @ [1, 0, -1] > 120).sum(axis=1)
    assert amber[-54 - ONE_LINE : -54].sum() > amber[-54:].sum()
    long = " ".join(["Check that the head is up and the right side on the left."] * 4)
    wrapped = capture_picture(remarked(graded, Reason("askew", "warn", long)))
    assert wrapped.height >= bare.height + 2 * ONE_LINE


def test_a_mirrored_film_is_shown_upright() -> None:
    upright = graded_films.graded_film()
    mirrored = graded_films.graded_film(PatientOrientation=["R", "F"])
    document = secondary_capture(mirrored)
    assert dataset(document).PatientOrientation == ["L", "F"]
    flipped = dataclasses.replace(upright.film, grey=Pixels(upright.film.pixels[:, ::-1]))
    expected = capture_picture(dataclasses.replace(upright, film=flipped))
    height = graded_view(upright.film, upright.result).height
    assert np.array_equal(pixels(document)[:height], np.asarray(expected)[:height])


@pytest.mark.parametrize("orientation", [None, ["H", "L"]])
def test_what_nobody_knows_of_the_film_is_not_claimed(orientation: list[str] | None) -> None:
    ds = dataset(secondary_capture(graded_films.graded_film(PatientOrientation=orientation)))
    assert not ds.PatientOrientation
    assert "BurnedInAnnotation" not in ds


@pytest.mark.parametrize("burned_in", ["YES", "NO"])
def test_text_burned_into_the_film_is_written(burned_in: str) -> None:
    ds = dataset(secondary_capture(graded_films.graded_film(BurnedInAnnotation=burned_in)))
    assert ds.BurnedInAnnotation == burned_in


@pytest.mark.parametrize("shape", [(32, 32), (400, 1000), (1000, 400)])
def test_films_of_any_size_are_drawn(shape: tuple[int, int]) -> None:
    graded = graded_films.graded_film()
    film = dataclasses.replace(graded.film, grey=Pixels(np.broadcast_to(np.float32(0.5), shape)))
    pixels = pixels_of(dataclasses.replace(graded, film=film))
    assert pixels.shape[1] >= 1240


def test_a_lung_that_is_not_seen_and_long_names_are_drawn() -> None:
    graded = graded_films.graded_film()
    model = dataclasses.replace(graded.result.model, name="a-model-of-a-very-long-name" * 9)
    secondary_capture(with_result(graded, model=model, image=None, gate=None))


def test_only_scored_films_that_came_as_dicom_have_one() -> None:
    scored = graded_films.graded_film()
    for graded in (
        graded_films.rejected_film(),
        with_result(scored, maps=None),
        dataclasses.replace(scored, header=None),
    ):
        with pytest.raises(UndocumentedError):
            secondary_capture(graded)


VARIANTS: dict[str, dict[str, Any]] = {
    "as drawn": {},
    "mirrored": {"PatientOrientation": ["R", "F"]},
    "no orientation": {"PatientOrientation": None},
    "inverted": {"PhotometricInterpretation": "MONOCHROME1"},
    "computed radiography": {"SOPClassUID": ComputedRadiographyImageStorage},
    "lossy": {"LossyImageCompression": "01", "LossyImageCompressionRatio": 10},
    "burned in": {"BurnedInAnnotation": "YES"},
}


@pytest.mark.parametrize("changed", VARIANTS.values(), ids=VARIANTS)
def test_the_validator_finds_nothing(changed: dict[str, Any], tmp_path: Path) -> None:
    assert dciodvfy(secondary_capture(graded_films.graded_film(**changed)).content, tmp_path) == []


def test_the_validator_finds_nothing_where_the_header_is_empty(tmp_path: Path) -> None:
    graded = graded_films.graded_film()
    film = dataclasses.replace(graded.film, sop_instance_uid=None, study_instance_uid=None)
    document = secondary_capture(
        dataclasses.replace(graded, film=film, header=film_header(Modality="DX"))
    )
    assert dciodvfy(document.content, tmp_path) == []


@pytest.mark.parametrize("name", SCORED)
def test_real_films_have_a_valid_capture(name: str, shared: Path, tmp_path: Path) -> None:
    graded = real_film(shared, name)
    document = secondary_capture(graded)
    complaints = dciodvfy(document.content, tmp_path)
    assert [line for line in complaints if "Retired Person Name form" not in line] == []
    assert np.array_equal(pixels(document), np.asarray(capture_picture(graded)))


def test_dcmtk_opens_it(tmp_path: Path) -> None:
    path = tmp_path / "sc.dcm"
    path.write_bytes(secondary_capture(graded_films.graded_film()).content)
    assert "SecondaryCaptureImageStorage" in dcmtk("dcmdump", str(path))


def test_dcmtk_decodes_it_to_the_drawn_picture(tmp_path: Path) -> None:
    graded = graded_films.graded_film()
    packed, plain = tmp_path / "sc.dcm", tmp_path / "plain.dcm"
    packed.write_bytes(secondary_capture(graded).content)
    dcmtk("dcmdjpeg", str(packed), str(plain))
    ds = dcmread(plain)
    assert ds.PhotometricInterpretation == "RGB"
    assert np.array_equal(ds.pixel_array, np.asarray(capture_picture(graded)))


def dcmtk(program: str, *arguments: str) -> str:
    """Return what a program of DCMTK prints; it ends well and complains of nothing."""
    found = shutil.which(program)
    if found is None:
        pytest.skip("DCMTK is not installed")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
