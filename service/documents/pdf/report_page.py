"""A result on one page of A4, for people: PDF."""

from __future__ import annotations

from datetime import date

import numpy as np
from PIL import Image

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import NOTICE
from radiograde.service.documents.document import Document
from radiograde.service.documents.drawing import PAPER, grey_levels, resized
from radiograde.service.documents.equipment import timestamp
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.overlay import FILM_SIDE, graded_view
from radiograde.service.documents.patient_study import PatientStudy, read_patient_study
from radiograde.service.documents.pdf.canvas import (
    AMBER,
    BODY,
    DIM,
    HEIGHT,
    INNER,
    LEADING,
    LEFT,
    PALE,
    RIGHT,
    SMALL,
    Page,
)
from radiograde.service.documents.pdf.sections import (
    write_rejection,
    write_remarks,
    write_reviews,
    write_scores,
    write_statement,
    write_zones,
)
from radiograde.service.documents.pdf.text_layout import fitted, fitting, wrapped
from radiograde.service.documents.statement.facts import ChangeSince
from radiograde.service.documents.statement.statement import statement

_BOTTOM = HEIGHT - 30
_GAP, _PAD, _LOWEST = 8.0, 5.0, 60.0
_SEXES = {"M": "male", "F": "female", "O": "other"}
_ABOUT = (
    "Brixia is the sum of six zones of 0 to 3: 1 interstitial opacity, 2 mixed and mostly "
    "interstitial, 3 mixed and mostly alveolar. Extent and opacity are graded 0 to 4 in each lung. "
    "A prediction interval is where a reader's score of such a film is expected. The scores tell "
    "how much of the lungs looks involved, not why; nodules, effusions and pneumothoraces are not "
    "looked for."
)


def report(
    graded: GradedFilm, shown: PatientStudy | None = None, change: ChangeSince | None = None
) -> Document:
    """Return one A4 page: patient and study, scores with their intervals, graded film, remarks.

    ``shown``: what of patient and study is written; None for what the header says. ``change``:
    since the patient's prior film, for the statement.

    Of a rejected film it shows the film and why it was not graded, and no numbers. Text can be
    selected. Names may be Latin, Greek, Cyrillic, Chinese, Japanese or Korean; letters of other
    scripts become question marks. The same graded film gives the same bytes.

    Raises:
        ValueError: a scored film without maps.
    """
    page = Page("Radiograde report", graded.began)
    result = graded.result
    reasons = result.gate.reasons if result.gate is not None else ()
    _write_head(page)
    patient_study = shown or read_patient_study(graded.header)
    top = _write_patient_study(page, 80, patient_study, graded.film.view)
    bottom = _write_foot(page, _BOTTOM, graded)
    bottom = write_reviews(page, bottom, graded.reviews, timestamp(graded).tzinfo)
    if result.scores is None:
        top = write_rejection(page, top, reasons)
        picture = _plain_film(graded.film)
    else:
        top = write_scores(page, top, result.scores, result.severity or "")
        top = write_statement(page, top, statement(result, graded.form.language, change))
        bottom = write_remarks(page, bottom, reasons)
        bottom = write_zones(page, bottom, result.scores)
        picture = _without_head(graded_view(graded.film, result), graded.film)
    high = max(bottom - top - _GAP, _LOWEST)
    page.box((LEFT, top), (INNER, high), PAPER)
    page.picture(picture, (LEFT + _PAD, top + _PAD), (INNER - 2 * _PAD, high - 2 * _PAD))
    return Document("pdf", "report.pdf", "application/pdf", page.finish())


def _write_head(page: Page) -> None:
    page.text((LEFT, 50), "Lung involvement on a chest radiograph", 17, bold=True)
    page.text((LEFT, 65), "Preliminary: graded by software, not verified by a physician", BODY, DIM)
    page.text((RIGHT, 50), "RESEARCH USE ONLY", 11, AMBER, bold=True, align="right")
    page.text((RIGHT, 65), "Not a diagnosis", BODY, DIM, align="right")


def _write_patient_study(page: Page, top: float, patient_study: PatientStudy, view: str) -> float:
    """Write patient and study, and return where that ends."""
    view = view if view in ("PA", "AP") else view.lower()
    rows = (
        (
            (0, 250, "Patient", patient_study.name),
            (262, 242, "Patient ID", patient_study.patient_id),
        ),
        (
            (0, 150, "Accession number", patient_study.accession),
            (160, 80, "Study date", _iso(patient_study.study_day)),
            (262, 80, "Birth date", _iso(patient_study.born)),
            (352, 70, "Sex", _SEXES.get(patient_study.sex, patient_study.sex)),
            (432, 72, "View", view),
        ),
    )
    page.box((LEFT, top), (INNER, 60), PALE)
    for row, facts in enumerate(rows):
        for x, wide, label, fact in facts:
            y = top + 12 + 26 * row
            page.text((LEFT + 10 + x, y), label, SMALL, DIM)
            page.text((LEFT + 10 + x, y + 12), fact or "-", fitting(fact, BODY, wide))
    return top + 60 + _GAP


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _write_foot(page: Page, bottom: float, graded: GradedFilm) -> float:
    """Write what the scores are, and what made them when; return where that begins."""
    model = graded.result.model
    facts = (
        f"Model {model.name} {model.version}, sha256 {model.sha256[:12]}",
        f"Analysed {timestamp(graded).isoformat(sep=' ')}",
        f"Result {graded.result.id}",
    )
    page.text((LEFT, bottom), fitted("   |   ".join(facts), SMALL, INNER), SMALL, DIM)
    about = NOTICE if graded.result.scores is None else f"{NOTICE} {_ABOUT}"
    lines = wrapped(about, SMALL, INNER)
    top = bottom - 6 - len(lines) * LEADING
    for number, line in enumerate(lines):
        page.text((LEFT, top + number * LEADING), line, SMALL, DIM)
    page.line((LEFT, top - 14), INNER)
    return top - 14 - _GAP


def _plain_film(film: Radiograph) -> Image.Image:
    """Return the film in grey as it was read."""
    grey = resized(film.pixels, _size(film))
    low, high = np.percentile(grey[::4, ::4], (0.5, 99.5))
    return Image.fromarray(grey_levels((grey - low) / max(high - low, 1e-6)))


def _without_head(graded: Image.Image, film: Radiograph) -> Image.Image:
    """Return the picture without the numbers above the film, which the page has as text."""
    head = graded.height - _size(film)[1]
    return graded.crop((0, head, graded.width, graded.height))


def _size(film: Radiograph) -> tuple[int, int]:
    """Return the film's width and height in a picture."""
    rows, columns = film.shape
    scale = FILM_SIDE / max(rows, columns)
    return max(1, round(columns * scale)), max(1, round(rows * scale))
