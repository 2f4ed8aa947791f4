"""Several manifests read as one, and what a manifest says beside grades."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiograde.data.errors import ManifestError
from radiograde.data.film import Box, Film
from radiograde.data.manifest import load
from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom


def write(folder: Path, text: str, *images: str) -> Path:
    folder.mkdir(exist_ok=True)
    for image in images or ("a.png", "b.png"):
        (folder / image).touch()
    (folder / "manifest.csv").write_text(text)
    return folder


def problems(*folders: Path) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        load(*folders)
    return [str(problem) for problem in caught.value.problems]


def film(folder: Path, column: str, cell: str) -> Film:
    return load(write(folder, f"image,patient,{column}\na.png,P1,{cell}\n")).films[0]


def test_films_of_two_manifests_stand_in_one(tmp_path: Path) -> None:
    first = write(tmp_path / "one", "image,patient,extent\na.png,P1,3\n")
    second = write(tmp_path / "two", "image,patient,brixia_chief\na.png,P2,9\nb.png,P1,2\n")
    joined = load(first, second)
    assert [(one.table, one.row, one.patient) for one in joined.films] == [
        (0, 2, "P1"),
        (1, 2, "P2"),
        (1, 3, "P1"),
    ]
    assert joined.path == (first / "manifest.csv").resolve()
    assert joined.joined == ((second / "manifest.csv").resolve(),)
    assert joined.digest not in {load(first).digest, load(second).digest}
    folds = {one.patient: one.fold for one in joined.with_folds(2).films}
    assert [one.fold for one in joined.with_folds(2).films][2] == folds["P1"]


def test_problems_say_in_which_manifest(tmp_path: Path) -> None:
    first = write(tmp_path / "one", "image,patient,fold\na.png,P1,0\n")
    second = write(tmp_path / "two", "image,patient,fold\na.png,P1,1\nb.png,P2,x\n")
    assert problems(first, second) == [
        "manifest 2, row 2, fold: one patient stands in folds 0 (manifest 1, row 2), "
        "1 (manifest 2, row 2)",
        "manifest 2, row 3, fold: 'x' is no number",
    ]
    assert problems(first, write(tmp_path / "bare", "image\na.png\n")) == [
        "manifest 2, patient: the column is missing"
    ]


def test_one_film_in_two_manifests_has_the_labels_of_both(tmp_path: Path) -> None:
    first = write(tmp_path / "one", "image,patient,extent,view\na.png,P1,3,\n")
    second = write(tmp_path / "two", "image,patient,opacity,view\n../one/a.png,P1,2,AP\n")
    (both,) = load(first, second).films
    assert (both.geographic_extent, both.opacity, both.view) == (3.0, 2.0, "AP")
    assert (both.table, both.row) == (0, 2)


def test_manifests_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    first = write(tmp_path / "one", "image,patient,extent,view\na.png,P1,3,PA\n")
    second = write(tmp_path / "two", "image,patient,extent,view\n../one/a.png,P2,2,AP\n")
    assert problems(first, second) == [
        "manifest 2, row 2, geographic_extent, patient, view: not as in manifest 1, row 2",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n\r\n", ",,\n", "\n  \n,\n"])
def test_blank_lines_at_the_end_change_nothing(tmp_path: Path, end: str) -> None:
    text = "image,patient,extent\na.png,P1,3\n"
    plain = load(write(tmp_path / "plain", text))
    longer = load(write(tmp_path / "longer", text + end))
    assert longer.digest == plain.digest
    assert len(longer.films) == 1


@pytest.mark.parametrize(
    ("orientation", "position", "view"),
    [(["P", "F"], None, "L"), (["L", "F"], "LL", "L"), (["L", "F"], "AP", "AP"), (None, None, "")],
)
def test_the_header_says_the_view_that_the_csv_does_not(
    tmp_path: Path, orientation: list[str] | None, position: str | None, view: str
) -> None:
    ds = to_dicom(draw(PhantomSpec(rows=96, columns=90)))
    del ds.ViewCodeSequence
    ds.ViewPosition, ds.PatientOrientation = position, orientation
    folder = write(tmp_path / "set", "image,patient,view\na,P1,\nb.dcm,P2,PA\n")
    for name in ("a", "b.dcm"):
        ds.save_as(folder / name, enforce_file_format=True)
    films = load(folder).films
    assert [one.view for one in films] == [view, "PA"]
    assert films[0].in_scope is (view != "L")


def test_a_header_behind_a_long_element_is_read(tmp_path: Path) -> None:
    ds = to_dicom(draw(PhantomSpec(rows=96, columns=90)))
    ds.ViewPosition = "LL"
    ds.add_new(0x00091010, "OB", bytes(1 << 20))
    folder = write(tmp_path / "set", "image,patient\na,P1\n")
    ds.save_as(folder / "a", enforce_file_format=True)
    assert load(folder).films[0].is_lateral


def test_a_file_that_is_no_film_has_no_view(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", "image,patient\na,P1\n")
    for content in (b"", b"\0" * 128 + b"DICM", b"\x08\0\x10\0garbage"):
        (folder / "a").write_bytes(content)
        assert load(folder).films[0].view == ""


def test_boxes_are_read_in_pixels(tmp_path: Path) -> None:
    boxed = film(tmp_path, "boxes,boxes_read", "1 2.5 30 40; 5 6 7 8,yes")
    assert boxed.boxes == (Box(1, 2.5, 30, 40), Box(5, 6, 7, 8))
    looked = film(tmp_path, "boxes,boxes_read", ",yes")
    assert (looked.boxes, looked.boxes_read) == ((), True)
    assert film(tmp_path, "boxes_read", "").boxes_read is None


@pytest.mark.parametrize(
    "cell", ["1 2 3", "1 2 3 4 5", "a b c d", "3 2 1 4", "-1 2 3 4", "0 0 nan 4"]
)
def test_a_box_that_is_none_is_refused(tmp_path: Path, cell: str) -> None:
    folder = write(tmp_path / "set", f"image,patient,boxes\na.png,P1,{cell}\n")
    (problem,) = problems(folder)
    assert problem.startswith("row 2, boxes: a box ")


def test_what_was_read_decides_on_scope(tmp_path: Path) -> None:
    assert film(tmp_path, "read", "Normal").read == "normal"
    assert film(tmp_path, "read", "typical").in_scope
    assert not film(tmp_path, "read", "child").in_scope
    assert not film(tmp_path, "read", "Out of scope: CT slice").in_scope
    assert film(tmp_path, "read", "a word of ours").in_scope


def test_masks_say_their_convention(tmp_path: Path) -> None:
    header = "right_lung_mask,left_lung_mask,heart_in_mask,mask_values,ground_glass_mask"
    masked = film(tmp_path, header, "b.png,b.png,no,lungs=1,b.png")
    assert masked.has_lung_masks
    assert masked.lung_mask is None
    assert (masked.heart_in_mask, masked.mask_values) == (False, "lungs=1")
    assert masked.ground_glass_mask == (tmp_path / "b.png").resolve()
    assert not film(tmp_path, "right_lung_mask", "b.png").has_lung_masks
    assert film(tmp_path, "heart_in_mask", "partly").heart_in_mask is True
    assert film(tmp_path, "heart_in_mask", "").heart_in_mask is None
