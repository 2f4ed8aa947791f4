"""Files that are each wrong in one way, in ../shared/cases, and the right answer for each."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import NamedTuple

import pytest

from radiograde.model.grading import grade
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.model.scoring.scorer import Scorer

DAMAGED = frozenset({"truncated", "malformed_image"})


class Right(NamedTuple):
    """``near``: how far the score may lie from the clean film's; ``codes``: one is the answer.

    ``remarks`` are among the reasons, ``never`` are not.
    """

    status: str = "scored"
    near: float | None = 0.05
    codes: frozenset[str] = frozenset()
    remarks: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset({"child"})


def rejected(code: str) -> Right:
    return Right("rejected", None, frozenset({code}), never=frozenset())


def failed(*codes: str) -> Right:
    return Right("failed", None, frozenset(codes))


SAME = Right()
UNSURE = frozenset({"orientation_unsure"})
RIGHT = {
    "00_reference": SAME,
    "01_overlay_in_high_bit": SAME,
    "01b_overlay_in_group_6002": SAME,
    "02_padding_is_a_grey_of_the_film": Right(near=0.5),
    "03_garbage_in_high_bits": SAME,
    "03b_stray_bits": SAME,
    "04_bits_understated": SAME,
    "04c_high_bits_all_set": SAME,
    "05_mr_slice_as_capture": rejected("not_radiograph"),
    "05b_ct_slice_as_cr": rejected("not_radiograph"),
    "06_rle_run_after_last_pixel": SAME,
    "06b_rle_zeros_after_last_pixel": SAME,
    "07_voi_lut_uses_a_part": SAME,
    "08_vr_of_two_nuls": SAME,
    "08b_vr_of_two_spaces": SAME,
    "08c_no_vr_at_all": SAME,
    "09_age_000D": rejected("child"),
    "09a_age_000M": rejected("child"),
    "09b_age_000Y_born_1974": SAME,
    "09c_born_on_the_day": rejected("child"),
    "10_signed_under_unsigned": SAME,
    "11a_same_uid": SAME,
    "11b_same_uid": Right(near=None),
    "12_signed_jpeg_2000": SAME,
    "12b_signed_jpeg_2000_shifted": SAME,
    "13_unknown_syntax": failed("unsupported_transfer_syntax"),
    "14_time_zone_minus_zero": SAME,
    "15_slope_overflows": failed("malformed_image"),
    "15b_intercept_overflows": failed("malformed_image"),
    "16_orientation_A_H": Right(remarks=UNSURE),
    "17_mirrored_without_orientation": Right(near=None, remarks=UNSURE),
    "18_arabic_digits": SAME,
    "18b_full_width_digits": SAME,
    "19_pixels_two_to_one": Right(near=0.5),
    "19b_pixels_one_to_two": Right(near=0.5),
    "19c_colour_by_plane": SAME,
    "19d_odd_and_empty_fragments": SAME,
    "20_zeros_after_jpeg_end": SAME,
    "21_zeros_for_delimiter": SAME,
    "22_icon_item_too_short": SAME,
    "23_jpeg_lossless_cut": failed(*DAMAGED),
    "24_two_pages": rejected("multi_frame"),
}


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(threads=1)


@pytest.fixture(scope="module")
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip("../shared/cases is not on this machine")
    return folder


@pytest.fixture(scope="module")
def clean_score(cases: Path, scorer: Scorer) -> float:
    result = grade(open_film(cases / "00_reference.dcm", Limits()), scorer)
    assert result.scores is not None
    return result.scores.brixia.value


def test_every_case_has_its_right_answer(cases: Path) -> None:
    assert {path.stem for path in cases.glob("*.dcm")} == set(RIGHT)


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_answer_is_given(
    name: str, cases: Path, scorer: Scorer, clean_score: float
) -> None:
    right = RIGHT[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = grade(open_film(cases / f"{name}.dcm", Limits()), scorer)
    reasons = () if result.gate is None else result.gate.reasons
    codes = {reason.code for reason in reasons}
    assert result.status == right.status, (codes, result.error)
    assert right.remarks <= codes
    assert not right.never & codes
    if right.near is not None:
        assert result.scores is not None
        assert result.scores.brixia.value == pytest.approx(clean_score, abs=right.near)
    if right.status == "rejected":
        assert right.codes & {reason.code for reason in reasons if reason.level == "reject"}
    if right.status == "failed":
        assert result.error is not None
        assert result.error.code in right.codes
