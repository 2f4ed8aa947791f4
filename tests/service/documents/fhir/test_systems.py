"""Patient and order by the systems of the site file, and as references that a server resolves."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from pydantic import ValidationError
from pydicom.dataset import Dataset

from radiograde.service.config.site import FhirDestinationConfig
from radiograde.service.documents.document_form import USUAL, DocumentForm, form_for
from radiograde.service.documents.document_kinds import in_form
from radiograde.service.documents.fhir.bundle import bundle
from tests.service.documents.graded_films import graded_film

SITE = DocumentForm(
    patient_system="urn:oid:1.2.3", accession_system="https://ris.example/accession"
)


def resources(form: DocumentForm, **header: Any) -> list[dict[str, Any]]:
    graded = dataclasses.replace(graded_film(**header), form=form)
    entries = json.loads(bundle(graded).content)["entry"]
    return [one["resource"] for one in entries if one["resource"]["resourceType"] != "Device"]


def test_every_resource_has_patient_and_order_in_the_systems_of_the_site() -> None:
    for resource in resources(SITE):
        subject, (order,) = resource["subject"], resource["basedOn"]
        assert subject["identifier"]["system"] == "urn:oid:1.2.3"
        assert subject["identifier"]["value"] == "P-1"
        assert order["identifier"]["system"] == "https://ris.example/accession"
        assert "reference" not in subject


def test_the_films_own_issuer_comes_first() -> None:
    issuer = Dataset()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = "1.9.9", "ISO"
    (first, *_) = resources(SITE, IssuerOfPatientIDQualifiersSequence=[issuer])
    assert first["subject"]["identifier"]["system"] == "urn:oid:1.9.9"


def test_references_that_a_server_resolves() -> None:
    form = dataclasses.replace(SITE, conditional_references=True)
    for resource in resources(form, PatientID="P 1|2"):
        assert resource["subject"]["reference"] == "Patient?identifier=urn:oid:1.2.3|P%201%7C2"
        (order,) = resource["basedOn"]
        assert order["reference"] == (
            "ServiceRequest?identifier=https://ris.example/accession|ACC-7"
        )


def test_without_a_system_nothing_is_sought() -> None:
    for resource in resources(DocumentForm(conditional_references=True)):
        assert "reference" not in resource["subject"]


def test_the_site_file_says_so() -> None:
    ehr = {"type": "fhir", "name": "ehr", "url": "https://ehr/fhir"}
    assert form_for(FhirDestinationConfig.model_validate(ehr)) == USUAL
    keys = {"patient_system": "urn:oid:1.2.3", "conditional_references": True}
    form = form_for(FhirDestinationConfig.model_validate(ehr | keys))
    assert (form.patient_system, form.conditional_references) == ("urn:oid:1.2.3", True)
    assert in_form("fhir.json", form) != in_form("fhir.json", USUAL)
    with pytest.raises(ValidationError):
        FhirDestinationConfig.model_validate(ehr | {"patient_system": "no uri"})
