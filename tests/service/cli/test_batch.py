from __future__ import annotations

import os
import threading
from contextlib import closing
from pathlib import Path

import pytest
from ulid import ULID

from radiograde.model.limits import Limits
from radiograde.model.reading.picture import Picture, read_picture
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.cli.batch import Batch
from radiograde.service.grading.film_search import Film
from tests.service.fakes import FakeScorer, png


class CountingScorer(FakeScorer):
    """Counts the films it was given, and keeps all but the first waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.go = threading.Event()

    def score(self, radiograph: Radiograph) -> SeverityResult:
        self.seen += 1
        if self.seen > 1:
            self.go.wait(30)
        return super().score(radiograph)


def films(folder: Path, count: int) -> list[Film]:
    paths = [folder / f"{number}.png" for number in range(count)]
    for grey, path in enumerate(paths):
        path.write_bytes(png(grey=grey))
    return [Film(path, Path(path.name)) for path in paths]


def test_results_come_in_the_order_of_the_films(tmp_path: Path) -> None:
    chosen = films(tmp_path, 12)
    graded = list(Batch(FakeScorer(), Limits(), workers=4).grade(chosen))
    assert [one.film for one in graded] == chosen
    assert all(one.result.status == "scored" for one in graded)


def test_who_stops_early_does_not_wait_for_the_rest(tmp_path: Path) -> None:
    scorer = CountingScorer()
    with closing(Batch(scorer, Limits(), workers=1).grade(films(tmp_path, 20))) as graded:
        next(graded)
        threading.Timer(0.2, scorer.go.set).start()
    assert scorer.seen <= 2


def test_a_film_is_read_once_to_be_graded_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures: list[bytes] = []

    def counted(data: bytes, limits: Limits) -> Picture:
        pictures.append(data)
        return read_picture(data, limits)

    monkeypatch.setattr("radiograde.model.reading.radiograph.read_picture", counted)
    (graded,) = Batch(FakeScorer(), Limits(), workers=1, out=tmp_path / "out").grade(
        films(tmp_path, 1)
    )
    assert len(pictures) == 1
    assert (tmp_path / "out" / "0.png.overlay.png").is_file()
    assert graded.result.maps is None


def test_every_result_has_its_own_id(tmp_path: Path) -> None:
    (tmp_path / "broken.dcm").write_bytes(b"x")
    lost = [Film(tmp_path / name, Path(name)) for name in ("broken.dcm", "nothing.dcm")]
    graded = list(Batch(FakeScorer(), Limits(), workers=1).grade([*films(tmp_path, 1), *lost]))
    ids = {str(ULID.from_str(one.result.id or "")) for one in graded}
    assert len(ids) == 3


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.dcm")
    film = Film(tmp_path / "pipe.dcm", Path("pipe.dcm"))
    (graded,) = Batch(FakeScorer(), Limits(), workers=1).grade([film])
    assert graded.result.error is not None
    assert graded.result.error.code == "unreadable"
