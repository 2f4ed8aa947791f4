"""Grades by any reader, of a zone, a lung or the whole film, on any scale."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiograde.data.errors import ManifestError
from radiograde.data.film import Film, Reading
from radiograde.data.label_scales import LabelColumn, label_columns
from radiograde.data.manifest import load
from radiograde.data.rows import used_columns
from radiograde.data.summary import summarise
from radiograde.data.table import normalise


def film(folder: Path, header: str, row: str) -> Film:
    (folder / "a.png").touch()
    (folder / "labels.csv").write_text(f"image,patient,{header}\na.png,P1,{row}\n")
    return load(folder).films[0]


def problems(folder: Path, header: str, row: str) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        film(folder, header, row)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("brixia_A", ("brixia", "S", "A")),
        ("brixia_S_A", ("brixia", "S", "A")),
        ("brixia_A_Dr Zoë", ("brixia", "DR_ZOË", "A")),
        ("brixia_Chief", ("brixia", "CHIEF", "")),
        ("Brixia", ("brixia", "S", "")),
        ("extent_right_R1", ("geographic_extent", "R1", "right")),
        ("geographic-extent left", ("geographic_extent", "", "left")),
        ("extent", ("geographic_extent", "", "")),
        ("opacity_R2_left", ("opacity", "R2", "left")),
        ("extent6_D", ("extent6", "D", "")),
        ("mRALE_Rater 3", ("mrale", "RATER_3", "")),
        ("density_right", ("density", "", "right")),
    ],
)
def test_a_column_names_scale_reader_and_site(column: str, expected: tuple[str, ...]) -> None:
    (name,) = normalise((column,))
    assert label_columns((name,)) == {name: LabelColumn(*expected)}


@pytest.mark.parametrize("column", ["extent6_doubtful", "opacity_max", "peer_opacity", "extension"])
def test_other_columns_are_no_grades(column: str) -> None:
    assert label_columns((column,)) == {}


def test_two_readers_grade_each_lung(tmp_path: Path) -> None:
    header = "extent_right_R1,extent_left_R1,extent_right_R2,extent_left_R2,opacity_right_R1"
    graded = film(tmp_path, header, "4,3,2,1.5,2")
    assert graded.readings == (
        Reading("geographic_extent", "R1", "right", 4.0, 4.0),
        Reading("geographic_extent", "R1", "left", 3.0, 4.0),
        Reading("geographic_extent", "R2", "right", 2.0, 4.0),
        Reading("geographic_extent", "R2", "left", 1.5, 4.0),
        Reading("opacity", "R1", "right", 2.0, 4.0),
    )
    totals = {reader: total.value for reader, total in graded.totals("geographic_extent").items()}
    assert totals == {"R1": 7.0, "R2": 3.5}
    assert graded.geographic_extent == 5.25
    # One lung alone is no grade of the film, yet says something of how grave it is.
    assert graded.opacity is None
    assert graded.severity_share == pytest.approx((7 / 8 + 3.5 / 8 + 0.5) / 3)


def test_the_grade_of_nobody_in_particular_stands_for_the_film(tmp_path: Path) -> None:
    graded = film(tmp_path, "opacity,opacity_R1,opacity_R2,opacity_max", "3,1,2,6")
    assert (graded.opacity, graded.opacity_max) == (3.0, 6.0)
    assert set(graded.totals("opacity")) == {"", "R1", "R2"}


def test_lungs_of_a_six_point_opacity_have_half_its_top(tmp_path: Path) -> None:
    header = "opacity_right,opacity_left,opacity_max"
    assert film(tmp_path, header, "3,1,6").opacity == 4.0
    assert problems(tmp_path, header, "4,1,6") == [
        "row 2, opacity_right: '4' is no number from 0 to 3"
    ]


def test_a_total_of_brixia_needs_no_zones(tmp_path: Path) -> None:
    graded = film(tmp_path, "brixia,brixia_chief", "7,9")
    assert graded.brixia == {}
    assert {total.reader: total.value for total in graded.totals("brixia").values()} == {
        "S": 7.0,
        "CHIEF": 9.0,
    }


def test_zones_are_summed_by_reader(tmp_path: Path) -> None:
    header = ",".join(f"brixia_{zone}_{reader}" for reader in ("ann", "bob") for zone in "ABCDEF")
    graded = film(tmp_path, header, "0,1,2,3,0,1,3,3,3,3,3,3")
    assert graded.brixia == {"ANN": (0, 1, 2, 3, 0, 1), "BOB": (3,) * 6}
    assert graded.totals("brixia")["BOB"] == Reading("brixia", "BOB", "", 18.0, 18.0)


def test_a_scale_of_ones_own_says_its_top(tmp_path: Path) -> None:
    header = "lus_right_ann,lus_left_ann,lus_max"
    graded = film(tmp_path, header, "3,6,12")
    assert graded.readings[0] == Reading("lus", "ANN", "right", 3.0, 12.0)
    assert graded.severity_share == 9 / 24
    assert problems(tmp_path, header, "3,6,") == [
        "row 2, lus_max: a grade needs the top of its scale here, above 0"
    ]
    assert problems(tmp_path, header, "13,6,12") == [
        "row 2, lus_right_ann: '13' is no number from 0 to 12"
    ]


def test_letters_are_zones_where_all_six_stand_and_readers_otherwise(tmp_path: Path) -> None:
    zones = ",".join(f"lus_{zone}" for zone in "ABCDEF")
    graded = film(tmp_path, f"{zones},lus_max", "1,1,1,1,1,0,4")
    assert graded.totals("lus")[""] == Reading("lus", "", "", 5.0, 24.0)
    one = film(tmp_path, "lus_A,lus_max", "1,4")
    assert one.readings == (Reading("lus", "A", "", 1.0, 4.0),)


def test_a_scale_is_refused_where_it_is_not_read(tmp_path: Path) -> None:
    assert problems(tmp_path, "density", "2") == [
        "row 2, density: the scale is not read for this part of the film"
    ]


def test_a_proper_name_wins_over_a_short_one(tmp_path: Path) -> None:
    graded = film(tmp_path, "extent,geographic_extent", "3,5")
    assert graded.geographic_extent == 5.0
    assert summarise(load(tmp_path)).ignored_columns == ("extent",)


def test_remarks_beside_grades_are_no_reader(tmp_path: Path) -> None:
    graded = film(tmp_path, "opacity,opacity_remark", "3,rotated")
    assert [reading.reader for reading in graded.readings] == [""]
    assert summarise(load(tmp_path)).ignored_columns == ("opacity_remark",)


def test_every_column_of_a_scale_is_used() -> None:
    columns = ("lus_right", "lus_max", "extent_left_r1", "opacity_max", "opacity", "remark_max")
    assert used_columns(columns) == set(columns) - {"remark_max"}


def test_the_collections_read_as_their_description_says(shared: Path) -> None:
    films = load(shared / "collections").films
    ralo = [film for film in films if film.source == "ralo"]
    assert len(films) == 10829
    assert all(set(film.totals("opacity")) == {"R1", "R2"} for film in ralo)
    children = [film for film in films if film.is_child]
    assert sum(film.source == "children" for film in children) == 300
    # Two films of other sources show children, too, by the age given.
    assert sum(film.in_scope for film in films) == 10829 - len(children) - 160
    assert len(children) == 302
    assert sum(film.boxes_read is True and not film.boxes for film in films) == 1580
    assert sum(film.heart_in_mask is False for film in films) == 610
