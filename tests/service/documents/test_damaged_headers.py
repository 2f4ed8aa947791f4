"""A film that was graded has its documents, however sloppy its header is."""

from __future__ import annotations

import io

import pytest
from pydicom import dcmread

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.service.documents.document_kinds import builder_of, kinds_of
from radiograde.service.documents.graded_film import GradedFilm
from tests.service.documents.graded_films import BEGAN, SOP_UID, film_bytes, scored_with_maps

BROKEN_VR = (b"\x02\0\x10\0UI", b"\x02\0\x10\0U\xff")
"""Of TransferSyntaxUID: pydicom's own reader raises NotImplementedError."""


def test_a_film_that_the_tolerant_reader_reads_has_every_document() -> None:
    content = film_bytes().replace(*BROKEN_VR)
    with pytest.raises(NotImplementedError):
        dcmread(io.BytesIO(content), stop_before_pixels=True, force=True)
    file = open_film(content, Limits())
    graded = GradedFilm.of(file, scored_with_maps(file.radiograph()), BEGAN)
    assert kinds_of(graded) == {
        "sr",
        "seg",
        "sc",
        "pr",
        "doc",
        "fhir",
        "fhir_r5",
        "hl7",
        "pdf",
        "json",
    }
    for kind in sorted(kinds_of(graded)):
        assert builder_of(kind)(graded).content
    report = dcmread(io.BytesIO(builder_of("sr")(graded).content))
    assert (str(report.PatientName), report.PatientID) == ("김^민준", "P-1")
    (study,) = report.CurrentRequestedProcedureEvidenceSequence
    (series, _) = study.ReferencedSeriesSequence
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == SOP_UID
