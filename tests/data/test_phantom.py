from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread, uid

from radiograde.data.manifest import load
from radiograde.data.phantom import PhantomSpec, draw, zone_masks
from radiograde.data.phantom_dataset import write_dataset
from radiograde.data.phantom_dicom import to_dicom, write_dicom
from radiograde.data.storage import LOSSY, Storage, samples_of
from radiograde.model.reading.film_file import read
from radiograde.model.scoring.input_check import check_film
from radiograde.model.scoring.scales import ZONES

MIXED = {"A": 0.5, "B": 1.0, "C": 2.0, "E": 1.5, "F": 3.0}


def small(**details: Any) -> PhantomSpec:
    return PhantomSpec(rows=256, columns=230, **details)


@pytest.mark.parametrize("sex", ["M", "F"])
@pytest.mark.parametrize("seed", range(4))
def test_zones_are_as_involved_as_asked(seed: int, sex: str) -> None:
    phantom = draw(small(zones=MIXED, sex=sex, seed=seed))
    for zone, mask in zone_masks(phantom.lungs).items():
        assert 3 * phantom.opacity[mask].mean() == pytest.approx(MIXED.get(zone, 0), abs=0.1)


def test_shape_range_and_sides() -> None:
    phantom = draw(small())
    assert phantom.pixels.shape == (256, 230)
    assert phantom.pixels.dtype == phantom.opacity.dtype == np.float32
    assert 0 <= phantom.pixels.min() < 0.1 < 0.9 < phantom.pixels.max() <= 1
    assert phantom.opacity.max() == 0
    right, left = phantom.lungs
    assert np.nonzero(right)[1].mean() < 115 < np.nonzero(left)[1].mean()
    assert not (right & left).any()
    assert 0.1 < right.mean() < 0.25
    # The heart takes room from the left lung, and air is darker than what surrounds it.
    assert left.sum() < right.sum()
    assert phantom.pixels[phantom.lungs.any(axis=0)].mean() < 0.35
    assert phantom.pixels[180:, 100:130].mean() > 0.7


def test_zones_are_thirds_of_each_lung() -> None:
    phantom = draw(small())
    masks = zone_masks(phantom.lungs)
    assert list(masks) == list(ZONES)
    assert np.array_equal(sum(masks.values()), phantom.lungs.any(axis=0))
    heights = [np.flatnonzero(masks[zone].any(axis=1)) for zone in "ABC"]
    assert heights[0][-1] < heights[1][0] < heights[1][-1] < heights[2][0]


def test_involvement_whitens_where_it_is() -> None:
    clear = draw(small(seed=5))
    sick = draw(small(zones={"F": 3.0}, seed=5))
    masks = zone_masks(clear.lungs)
    change = sick.pixels - clear.pixels
    assert change[masks["F"]].mean() > 0.15
    assert abs(change[masks["A"]].mean()) < 0.01


def test_same_spec_same_film() -> None:
    spec = small(zones={"B": 2}, seed=9)
    assert np.array_equal(draw(spec).pixels, draw(spec).pixels)
    assert not np.array_equal(draw(spec).pixels, draw(small(seed=10)).pixels)


@pytest.mark.parametrize("zones", [{"G": 1.0}, {"A": 3.5}, {"A": -1.0}])
def test_impossible_zones(zones: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="zones are A-F"):
        PhantomSpec(zones=zones)


def test_dicom_is_a_complete_dx_image(tmp_path: Path) -> None:
    phantom = draw(small())
    write_dicom(tmp_path / "film.dcm", phantom)
    ds = dcmread(tmp_path / "film.dcm")
    assert ds.SOPClassUID == uid.DigitalXRayImageStorageForPresentation
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    assert (ds.Modality, ds.ViewPosition, ds.BodyPartExamined) == ("DX", "PA", "CHEST")
    assert ds.ViewCodeSequence[0].CodeValue == "272479007"
    assert np.array_equal(ds.pixel_array, samples_of(phantom.pixels, Storage()))
    assert to_dicom(phantom).SOPInstanceUID == ds.SOPInstanceUID


@pytest.mark.parametrize("syntax", LOSSY)
def test_lossy_jpeg_holds_no_signed_samples(syntax: uid.UID) -> None:
    with pytest.raises(ValueError, match="unsigned"):
        Storage(8, transfer_syntax=syntax, signed=True)


def test_no_encoder() -> None:
    phantom = draw(small())
    with pytest.raises(ValueError, match="no encoder"):
        to_dicom(phantom, Storage(transfer_syntax=uid.MPEG2MPML))


def test_dataset_is_a_manifest_of_gradable_films(tmp_path: Path) -> None:
    manifest = load(write_dataset(tmp_path / "set", count=8, seed=1, rows=256))
    assert len(manifest.films) == 8
    assert {film.fold for film in manifest.films} == {0, 1, 2, 3}
    assert max(film.severity_share or 0 for film in manifest.films) > 0.3
    for film in manifest.films:
        assert set(film.brixia) == {"S", "J"}
        assert check_film(read(film.image)).in_scope
        assert film.lung_mask is not None
        mask = np.asarray(Image.open(film.lung_mask))
        assert set(np.unique(mask)) == {0, 1, 2}
        assert np.nonzero(mask == 1)[1].mean() < np.nonzero(mask == 2)[1].mean()
