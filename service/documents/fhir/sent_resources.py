"""The resources of a bundle that was sent, by their names: what is held against a late arrival."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from radiograde.service.documents.fhir.datatypes import DICOM_UID, Json
from radiograde.service.documents.fhir.logical_references import full_url

_REPORT = "DiagnosticReport"
_PART = "Observation"


@dataclass(frozen=True, slots=True)
class SentResource:
    """A report, or an Observation of it. ``value``: of its identifier, a UID as a URN."""

    kind: str
    value: str

    @classmethod
    def of(cls, name: str) -> SentResource:
        """Return the resource with a name as :attr:`name`."""
        kind, _, value = name.rpartition("/")
        return cls(kind or _REPORT, value)

    @property
    def name(self) -> str:
        """What it is recorded by: the value of a report's identifier, the kind before another's."""
        return self.value if self.kind == _REPORT else f"{self.kind}/{self.value}"

    @property
    def identifier(self) -> str:
        """Its identifier as a search names it."""
        return f"{DICOM_UID}|{self.value}"


def sent_resources(bundle: bytes) -> Iterator[SentResource]:
    """Yield the reports and Observations of a bundle; the Device is other results' too."""
    for entry in json.loads(bundle)["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] in (_REPORT, _PART):
            yield SentResource(resource["resourceType"], resource["identifier"][0]["value"])


def places_held(resources: Iterable[SentResource]) -> bytes:
    """Return a transaction that enters in error whichever of the resources there is none of.

    What carries the same identifiers and arrives later meets them, and creates nothing. They say
    nothing of a patient.
    """
    return json.dumps(
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [_held(one) for one in resources],
        }
    ).encode()


def _held(sent: SentResource) -> Json:
    return {
        "fullUrl": full_url(sent.value.removeprefix("urn:oid:")),
        "resource": {
            "resourceType": sent.kind,
            "identifier": [{"system": DICOM_UID, "value": sent.value}],
            "status": "entered-in-error",
            "code": {"text": "Withdrawn before it arrived"},
        },
        "request": {
            "method": "POST",
            "url": sent.kind,
            "ifNoneExist": f"identifier={sent.identifier}",
        },
    }
