"""What ``import radiograde`` offers, built from the model's parts."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from pathlib import Path

from radiograde.model import grading
from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.reading import film_file
from radiograde.model.reading.film_file import Content
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer


def read(film: str | Path | Content, *, limits: Limits | None = None) -> Radiograph:
    """Return a chest film, ready to be looked at or graded.

    ``film``: the path or the bytes of a DICOM, PNG or JPEG file. ``limits``: how large it may
    be; ``Limits()`` when None.

    The pixels of the result are (H, W) float32 in [0, 1], 0 = air, head up, the patient's right
    on the left. Polarity is settled by photometric interpretation, and against it where the
    content plainly says so; what was corrected stands in ``notes``. Of several frames the first
    is read.

    Raises:
        UnknownFormatError: neither DICOM nor PNG nor JPEG.
        TooLargeError: more bytes or pixels than ``limits`` allow.
        UnsupportedSyntaxError: a transfer syntax without a decoder.
        UnreadableError: absent, cut short or damaged.
    """
    return film_file.read(film, limits=limits or Limits())


def grade(
    film: str | Path | Content | Radiograph,
    *,
    scorer: Scorer | None = None,
    limits: Limits | None = None,
) -> SeverityResult:
    """Return the severity of a film: ``scored``, ``rejected`` with its reasons, or ``failed``.

    ``film``: as for :func:`read`, or what that returned. ``scorer``: the model; when None the
    bundled one, loaded at the first call and kept. ``limits``: as for :func:`read`.

    What cannot be read does not raise: the result is ``failed`` and ``error`` says why. ``maps``
    are there where scored; ``id`` is None. ``to_json`` gives the result as the command and the
    service do (schema ``radiograde.result/1``).

    Raises:
        ModelFileError: the bundled model cannot be loaded.
    """
    scorer = scorer or _bundled()
    if isinstance(film, Radiograph):
        started = time.perf_counter()
        result = scorer.score(film)
        ms = (time.perf_counter() - started) * 1000.0
        return replace(result, timing_ms={"score": ms, "total": ms})
    try:
        file = film_file.open_film(film, limits or Limits())
    except RadiogradeError as error:
        return grading.failed(error, scorer)
    return grading.grade(file, scorer)


@cache
def _bundled() -> Scorer:
    return Scorer()
