"""What is counted as taken on disk, and films that differ in nothing but their UID."""

from __future__ import annotations

import io
from itertools import islice
from pathlib import Path

from pydicom import dcmread

from benchmarks.disk import taken, under_new_uids
from benchmarks.intake import film_of


def test_a_folder_takes_what_its_files_take(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    empty = taken(tmp_path)
    (tmp_path / "below" / "film").write_bytes(bytes(range(256)) * 400)
    assert taken(tmp_path) - empty >= 256 * 400
    assert taken(tmp_path) - empty == taken(tmp_path / "below" / "film")


def test_films_come_under_new_uids() -> None:
    file = film_of(8)("1.2.826.0.1.3680043.10.1541.77.1000000")
    films = [dcmread(io.BytesIO(one)) for one in islice(under_new_uids(file), 3)]
    assert len({film.SOPInstanceUID for film in films}) == 3
    assert {film.PixelData for film in films} == {films[0].PixelData}
    assert len({len(one) for one in islice(under_new_uids(file), 3)} | {len(file)}) == 1
