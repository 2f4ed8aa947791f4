from datetime import UTC, datetime

from pydicom import uid

from radiograde.data.storage import Storage
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.model.scoring.result import ModelFacts, SeverityResult
from radiograde.service.grading.grade_film import FilmGrading
from tests.model.reading.films import film


def test_what_cannot_be_read_whole_has_no_documents() -> None:
    whole = film(Storage(transfer_syntax=uid.JPEG2000Lossless))
    middle = len(whole) * 2 // 3
    damaged = whole[:middle] + bytes(range(200)) + whole[middle + 200 :]
    result = SeverityResult("scored", ModelFacts("m", "1", "0" * 64))
    gradings = [
        FilmGrading(result, datetime.now(UTC), open_film(content, Limits()))
        for content in (whole, damaged)
    ]
    assert gradings[0].graded_film() is not None
    assert gradings[1].graded_film() is None
