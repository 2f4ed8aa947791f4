"""A FHIR server that takes transactions, R4 or R5."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from radiograde.service.config.site import FhirDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding, Taken, run_steps
from radiograde.service.delivery.destinations.http_answer import Answer, raise_for_status
from radiograde.service.delivery.destinations.http_client import HttpClient
from radiograde.service.documents.document import Document
from radiograde.service.errors import RefusedError, UnreachableError

FHIR_JSON = "application/fhir+json"

_NUMBERS = {"R4": "4.0", "R5": "5.0"}
_CONFLICT = 409
"""Two writers at once, http://hl7.org/fhir/http.html#concurrency; the bundle is not to blame."""

_CHANGED = 412
_GONE = (404, 410)

_CODE = re.compile(r"[a-z][a-z-]{1,39}")
"""An issue's code is of a fixed list (hl7.org/fhir/issue-type); all else may quote a patient."""


class FhirDestination:
    """Posts a result's bundle as one transaction: all of it is kept, or nothing."""

    def __init__(self, server: FhirDestinationConfig) -> None:
        """Take the secrets from their variables.

        Raises:
            SiteError: such a variable is empty, or holds what no token is.
        """
        self.name = server.name
        self._version = server.version
        self._client = HttpClient(server)
        self._where = str(self._client.where)

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        """Post every bundle; its entries see to it that twice is once.

        Raises:
            UnreachableError: no answer, a sign-in or an address that is wrong, a server that is
                busy or changing the same resource.
            RefusedError: it does not take the bundle; its OperationOutcome's codes are named.
        """
        for document in documents:
            answer = self._client.post("", document.content, FHIR_JSON, FHIR_JSON)
            with answer.obeyed():
                self._settle(answer)

    def withdraw(self, taken: Taken, result_id: str) -> None:
        """Have reports and their observations entered in error; the device is others' too.

        What someone else did with them on the server stays.

        Raises:
            UnreachableError: as :meth:`send`; or someone is changing them.
            RefusedError: it does not take the change.
        """
        for one in taken.objects:
            if one.kind in ("fhir", "fhir_r5"):
                for resource in self._report_with_parts(one.name):
                    self._enter_in_error(resource)

    def check(self) -> list[Finding]:
        """Return what its capability statement and a count of its devices say."""
        return run_steps(
            [
                *self._client.reachable_steps(),
                (f"speaks FHIR {self._version}", self._speaks_the_version),
                ("takes transactions", self._takes_transactions),
                ("lets this user in", self._lets_read),
            ]
        )

    def _settle(self, answer: Answer) -> None:
        statuses = {answer.status, *_entry_statuses(answer.json)}
        if _CONFLICT in statuses:
            raise UnreachableError(
                f"{self._where} is changing the same resource. It is tried again later."
            )
        for status in sorted(statuses):
            raise_for_status(self._where, status, _issues(answer.json))
        if _type(answer.json) != "Bundle":
            raise UnreachableError(
                f"{self._where} is no FHIR server. Check that `url` is its base URL."
            )

    def _report_with_parts(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the report with this identifier, and every observation that it leads to, once."""
        sought = quote(f"urn:dicom:uid|{name}", safe="")
        found = self._read(f"/DiagnosticReport?identifier={sought}") or {}
        entries = [entry.get("resource") for entry in _dicts(found.get("entry"))]
        waiting = [one for one in _dicts(entries) if _type(one) == "DiagnosticReport"]
        known: set[str] = set()
        while waiting:
            resource = waiting.pop()
            yield resource
            parts = (*_dicts(resource.get("result")), *_dicts(resource.get("hasMember")))
            places = {"/".join(str(part.get("reference", "")).split("/")[-2:]) for part in parts}
            for place in sorted(places - known):
                known.add(place)
                member = self._read(f"/{place}")
                if _type(member) == "Observation" and member is not None:
                    waiting.append(member)

    def _read(self, path: str) -> dict[str, Any] | None:
        answer = self._client.get(path, FHIR_JSON)
        if answer.status in _GONE:
            return None
        with answer.obeyed():
            raise_for_status(self._where, answer.status, _issues(answer.json))
        return answer.json if isinstance(answer.json, dict) else None

    def _enter_in_error(self, resource: dict[str, Any]) -> None:
        if resource.get("status") == "entered-in-error":
            return
        content = json.dumps(resource | {"status": "entered-in-error"}).encode()
        version = resource.get("meta", {}).get("versionId")
        path = f"/{resource['resourceType']}/{resource['id']}"
        answer = self._client.put(path, content, FHIR_JSON, f'W/"{version}"' if version else None)
        if answer.status in (_CONFLICT, _CHANGED):
            raise UnreachableError(
                f"{self._where} is changing the same resource. It is tried again later."
            )
        with answer.obeyed():
            raise_for_status(self._where, answer.status, _issues(answer.json))

    def _capabilities(self) -> dict[str, Any]:
        answer = self._client.get("/metadata", FHIR_JSON)
        raise_for_status(self._where, answer.status)
        if _type(answer.json) != "CapabilityStatement":
            raise UnreachableError(
                f"{self._where} is no FHIR server. Check that `url` is its base URL."
            )
        capabilities: dict[str, Any] = answer.json
        return capabilities

    def _speaks_the_version(self) -> None:
        number = str(self._capabilities().get("fhirVersion"))
        if not number.startswith(_NUMBERS[self._version]):
            raise RefusedError(
                f"{self._where} speaks FHIR {number}. Write the `version` that it speaks."
            )

    def _takes_transactions(self) -> str | None:
        codes = {
            interaction.get("code")
            for rest in _dicts(self._capabilities().get("rest"))
            for interaction in _dicts(rest.get("interaction"))
        }
        if "transaction" in codes:
            return None
        return "Its capability statement does not name them. It may take them all the same."

    def _lets_read(self) -> str | None:
        # The capability statement is open to everybody; a count of devices names no patient.
        status = self._client.get("/Device?_summary=count", FHIR_JSON).status
        if status == 403:
            return "It lets this user read no devices. It may let it write all the same."
        raise_for_status(self._where, status)
        return None


def _type(resource: Any) -> Any:
    return resource.get("resourceType") if isinstance(resource, dict) else None


def _dicts(items: Any) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _entry_statuses(bundle: Any) -> Iterator[int]:
    """Yield each entry's HTTP status: a server that takes the bundle as a batch answers 200."""
    if _type(bundle) != "Bundle":
        return
    for entry in _dicts(bundle.get("entry")):
        response = entry.get("response")
        status = str(response.get("status", ""))[:3] if isinstance(response, dict) else ""
        if status.isdecimal():
            yield int(status)


def _issues(outcome: Any) -> tuple[str, ...]:
    """Return the codes of an OperationOutcome's issues."""
    if _type(outcome) != "OperationOutcome":
        return ()
    codes = (str(issue.get("code")) for issue in _dicts(outcome.get("issue")))
    return tuple(dict.fromkeys(code for code in codes if _CODE.fullmatch(code)))
