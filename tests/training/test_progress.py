from __future__ import annotations

import time

import pytest

from radiograde.training import progress
from radiograde.training.progress import Pace, ProgressBars, StageProgress, followed, in_words


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_without_a_terminal_a_line_says_how_far_it_is_and_how_long_it_takes(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    bars = ProgressBars(shown=True)
    bars.show(StageProgress("pretrain", 0, 4))
    for minute in range(1, 5):
        clock[0] = minute * 61.0
        bars.show(StageProgress("pretrain", minute / 4, 4))
    bars.show(StageProgress("pretrain", 1, 4, "total 0.800"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "pretrain 0.2/4, 15 min left"
    assert lines[-1] == "pretrain 1/4, 12 min left total 0.800"
    assert len(lines) == 5


def test_a_stage_that_is_taken_up_again_is_timed_from_there(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    bars = ProgressBars(shown=True)
    bars.show(StageProgress("fold0", 6, 8))
    clock[0] = 600.0
    bars.show(StageProgress("fold0", 7, 8, "total 1"))
    assert capsys.readouterr().out == "fold0 7/8, 10 min left total 1\n"


def test_nothing_is_said_more_often_than_once_a_minute(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    bars = ProgressBars(shown=True)
    for second in range(60):
        clock[0] = float(second)
        bars.show(StageProgress("final", second / 60, 1))
    assert capsys.readouterr().out == ""


def test_another_process_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    ProgressBars(shown=False).show(StageProgress("final", 1, 1, "total 1"))
    assert list(followed(range(3), "Decoding", 3, shown=False)) == [0, 1, 2]
    assert capsys.readouterr().out == ""


def test_long_work_on_films_says_how_many_are_done(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    def slow() -> object:
        for film in range(4):
            clock[0] += 40.0
            yield film

    steps = slow()
    assert list(followed(steps, "Decoding films", 4)) == [0, 1, 2, 3]  # type: ignore[arg-type]
    assert capsys.readouterr().out.splitlines() == [
        "Decoding films: 2 of 4, 80 s left",
        "Decoding films: 4 of 4",
    ]


def test_what_is_printed_for_others_is_kept_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(followed(range(2), "Grading", 2, stderr=True)) == [0, 1]
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Grading: 2 of 2\n")


@pytest.mark.parametrize(
    ("seconds", "words"), [(12.4, "12 s"), (100, "2 min"), (5400, "1 h 30 min")]
)
def test_a_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_what_has_not_moved_has_no_time_left_to_say() -> None:
    assert Pace(2).left(2, 5) == ""
    assert progress.SECONDS_A_LINE == 60.0
