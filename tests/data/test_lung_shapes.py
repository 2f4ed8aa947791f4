import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.data.lung_shapes import LEAST_ROWS, behind_heart, right_and_left
from radiograde.data.phantom import PhantomSpec, draw

Mask = NDArray[np.bool_]

SIDE = 100
OUTER = 91
DOME = 72
"""The row from which the lung below ends at the diaphragm."""


def lung(*, notch: bool) -> Mask:
    """A left lung (100, 100) as JSRT outlines it, its inner edge on its left.

    Straight down at column 55; with the heart's notch from row 40 on, 15 columns deep; below row
    72 the diaphragm takes it away quickly.
    """
    mask = np.zeros((SIDE, SIDE), bool)
    for row in range(10, 80):
        inner = 55.0
        if notch:
            inner += min(15.0, max(0.0, 0.75 * (row - 40)))
        inner += 2.5 * max(0, row - DOME)
        mask[row, round(inner) : OUTER] = True
    return mask


def filled(left: Mask, right: Mask | None = None) -> Mask:
    """Both lungs with what lies behind the heart; the right one mirrors the left by default."""
    return behind_heart(np.stack([left[:, ::-1] if right is None else right, left]))


def test_the_lung_behind_the_heart_is_filled() -> None:
    notched, whole = lung(notch=True), lung(notch=False)
    right, left = filled(notched)
    np.testing.assert_array_equal(left[:DOME], whole[:DOME])
    np.testing.assert_array_equal(right, left[:, ::-1])
    assert left.sum() > notched.sum() + 300


def test_the_knob_of_the_aorta_high_up_does_not_pass_for_the_diaphragm() -> None:
    notched, whole = lung(notch=True), lung(notch=False)
    for row in range(18, 30):
        notched[row, : 55 + 3 * min(row - 17, 30 - row)] = False
    _, left = filled(notched)
    np.testing.assert_array_equal(left[:DOME], whole[:DOME])


def test_nothing_is_filled_below_the_dome() -> None:
    notched = lung(notch=True)
    _, left = filled(notched)
    np.testing.assert_array_equal(left[DOME + 2 :], notched[DOME + 2 :])
    assert not left[80:].any()


def test_filling_adds_lung_between_the_heart_and_the_inner_edge_alone() -> None:
    notched = lung(notch=True)
    _, left = filled(notched)
    assert left[notched].all()
    added = left & ~notched
    assert not added[:41].any()
    assert not added[:, :55].any()
    assert not added[:, 70:].any()


def test_a_lung_without_a_notch_stays() -> None:
    whole = lung(notch=False)
    right, left = filled(whole)
    np.testing.assert_array_equal(left, whole)
    np.testing.assert_array_equal(right, whole[:, ::-1])


def test_a_lung_that_widens_downwards_stays() -> None:
    mask = np.zeros((SIDE, SIDE), bool)
    for row in range(10, 80):
        mask[row, 70 - row // 4 : OUTER] = True
    _, left = filled(mask)
    np.testing.assert_array_equal(left, mask)


def test_each_lung_is_filled_on_its_own() -> None:
    notched, whole = lung(notch=True), lung(notch=False)
    right, left = filled(notched, right=whole[:, ::-1])
    np.testing.assert_array_equal(right, whole[:, ::-1])
    np.testing.assert_array_equal(left[:DOME], whole[:DOME])


def test_a_scrap_of_lung_is_left_as_it_is() -> None:
    scrap = np.zeros((SIDE, SIDE), bool)
    for row in range(LEAST_ROWS - 1):
        scrap[30 + row, 50 + row : OUTER] = True
    _, left = filled(scrap)
    np.testing.assert_array_equal(left, scrap)
    one_lung = filled(lung(notch=False), right=np.zeros((SIDE, SIDE), bool))
    assert not one_lung[0].any()
    assert one_lung[1].any()


@pytest.mark.parametrize("seed", range(4))
def test_no_lung_of_a_drawn_chest_is_lost_or_leaks(seed: int) -> None:
    drawn = draw(PhantomSpec(rows=160, columns=144, seed=seed)).lungs
    found = filled(drawn[1], drawn[0])
    assert found[drawn].all()
    assert not (found[0] & found[1]).any()
    for before, after in zip(drawn, found, strict=True):
        np.testing.assert_array_equal(before.any(1), after.any(1))
        assert before.sum() <= after.sum() < 1.35 * before.sum()


def test_one_value_for_both_lungs_is_parted_between_them() -> None:
    left = lung(notch=True)
    right = np.zeros((SIDE, SIDE), bool)
    right[12:70, 8:40] = True
    found = right_and_left(left | right)
    np.testing.assert_array_equal(found[0], right)
    np.testing.assert_array_equal(found[1], left)


def test_lungs_that_touch_are_parted_where_they_touch_least() -> None:
    both = np.zeros((SIDE, SIDE), bool)
    both[10:80, 10:48] = True
    both[10:80, 53:90] = True
    both[20:24, 48:53] = True
    right, left = right_and_left(both)
    np.testing.assert_array_equal(right[:, :50], both[:, :50])
    np.testing.assert_array_equal(left[:, 50:], both[:, 50:])
    assert not right[:, 50:].any()
    assert not left[:, :50].any()


def test_one_lung_alone_lies_on_its_side() -> None:
    left = lung(notch=True)
    right, found = right_and_left(left)
    assert not right.any()
    np.testing.assert_array_equal(found, left)
    np.testing.assert_array_equal(right_and_left(left[:, ::-1])[0], left[:, ::-1])


def test_no_lung_gives_none() -> None:
    found = right_and_left(np.zeros((40, 30), bool))
    assert found.shape == (2, 40, 30)
    assert not found.any()
