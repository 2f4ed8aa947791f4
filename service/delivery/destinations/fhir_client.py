"""What is asked of a FHIR server: transactions, searches by identifier, updates of a version."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from radiograde.service.config.site import FhirDestinationConfig
from radiograde.service.delivery.destinations.http_answer import Answer, raise_for_status
from radiograde.service.delivery.destinations.http_client import HttpClient
from radiograde.service.errors import UnreachableError

FHIR_JSON = "application/fhir+json"
MOST_UPDATES = 3
"""Times that an update is tried of what others change meanwhile."""

_CONFLICT = 409
"""Two writers at once, http://hl7.org/fhir/http.html#concurrency; the bundle is not to blame."""

_UNMET = 412
"""A version that is no longer the last, or a condition that several resources meet."""

_GONE = (404, 410)

_CODE = re.compile(r"[a-z][a-z-]{1,39}")
"""An issue's code is of a fixed list (hl7.org/fhir/issue-type); all else may quote a patient."""

Resource = dict[str, Any]


class FhirClient:
    """Talks to one FHIR server; safe to share among threads."""

    def __init__(self, server: FhirDestinationConfig) -> None:
        """Take the secrets from their variables.

        Raises:
            SiteError: such a variable is empty, or holds what no token is.
        """
        self.http = HttpClient(server)
        self.where = str(self.http.where)

    def transact(self, content: bytes) -> Answer:
        """Post a transaction, and return the answer of a server that took it, or an ambiguous one.

        Raises:
            UnreachableError: no answer, a sign-in or an address that is wrong, a server that is
                busy or changing the same resource.
            RefusedError: it does not take the bundle; its OperationOutcome's codes are named.
        """
        answer = self.http.post("", content, FHIR_JSON, FHIR_JSON)
        if not is_ambiguous(answer):
            with answer.obeyed():
                self._settle(answer)
        return answer

    def named(self, kind: str, identifier: str) -> list[Resource]:
        """Return the resources of a kind with an identifier (``system|value``), the oldest first.

        Raises as :meth:`transact`.
        """
        found = self.read(f"/{kind}?identifier={quote(identifier, safe='')}") or {}
        resources = dicts([entry.get("resource") for entry in dicts(found.get("entry"))])
        return sorted((one for one in resources if type_of(one) == kind), key=_age)

    def read(self, path: str) -> Resource | None:
        """Return what is at a path; None where nothing is. Raises as :meth:`transact`."""
        answer = self.http.get(path, FHIR_JSON)
        if answer.status in _GONE:
            return None
        with answer.obeyed():
            self.require(answer)
        return answer.json if isinstance(answer.json, dict) else None

    def enter_in_error(self, resource: Resource) -> None:
        """Give a resource this status; whatever else others make of it meanwhile stays.

        Raises as :meth:`transact`.
        """
        latest: Resource | None = resource
        for _ in range(MOST_UPDATES):
            if latest is None or latest.get("status") == "entered-in-error":
                return
            answer = self._put(latest | {"status": "entered-in-error"})
            if answer.status in _GONE:
                return
            if answer.status not in (_CONFLICT, _UNMET):
                with answer.obeyed():
                    self.require(answer)
                return
            latest = self.read(f"/{place_of(resource)}")
        raise self._busy()

    def require(self, answer: Answer) -> None:
        """Return for an answer that all went well. Raises UnreachableError, RefusedError."""
        raise_for_status(self.where, answer.status, issues(answer.json))

    def no_server(self) -> UnreachableError:
        """Return the error of an address where something else answers."""
        return UnreachableError(
            f"{self.where} is no FHIR server. Check that `url` is its base URL."
        )

    def _settle(self, answer: Answer) -> None:
        statuses = {answer.status, *_entry_statuses(answer.json)}
        if _CONFLICT in statuses:
            raise self._busy()
        for status in sorted(statuses):
            raise_for_status(self.where, status, issues(answer.json))
        if type_of(answer.json) != "Bundle":
            raise self.no_server()

    def _put(self, resource: Resource) -> Answer:
        version = resource.get("meta", {}).get("versionId")
        tag = f'W/"{version}"' if version else None
        return self.http.put(
            f"/{place_of(resource)}", json.dumps(resource).encode(), FHIR_JSON, tag
        )

    def _busy(self) -> UnreachableError:
        return UnreachableError(
            f"{self.where} is changing the same resource. It is tried again later."
        )


def is_ambiguous(answer: Answer) -> bool:
    """Return whether a condition was met by several resources, so that nothing was created."""
    return _UNMET in (answer.status, *_entry_statuses(answer.json))


def place_of(resource: Resource) -> str:
    """Return where a server keeps a resource: its type and its id."""
    return f"{resource['resourceType']}/{resource['id']}"


def type_of(resource: Any) -> Any:
    """Return a resource's type; None of what is no resource."""
    return resource.get("resourceType") if isinstance(resource, dict) else None


def dicts(items: Any) -> list[dict[str, Any]]:
    """Return the objects in an array; none in what is no array."""
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def issues(outcome: Any) -> tuple[str, ...]:
    """Return the codes of an OperationOutcome's issues."""
    if type_of(outcome) != "OperationOutcome":
        return ()
    codes = (str(issue.get("code")) for issue in dicts(outcome.get("issue")))
    return tuple(dict.fromkeys(code for code in codes if _CODE.fullmatch(code)))


def _age(resource: Resource) -> tuple[str, str]:
    meta = resource.get("meta")
    updated = meta.get("lastUpdated", "") if isinstance(meta, dict) else ""
    return str(updated), str(resource.get("id"))


def _entry_statuses(bundle: Any) -> Iterator[int]:
    """Yield each entry's HTTP status: a server that takes the bundle as a batch answers 200."""
    if type_of(bundle) != "Bundle":
        return
    for entry in dicts(bundle.get("entry")):
        response = entry.get("response")
        status = str(response.get("status", ""))[:3] if isinstance(response, dict) else ""
        if status.isdecimal():
            yield int(status)
