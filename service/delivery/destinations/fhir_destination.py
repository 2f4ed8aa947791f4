"""A FHIR server that takes transactions, R4 or R5."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from radiograde.service.config.site import FhirDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding, Taken, run_steps
from radiograde.service.delivery.destinations.fhir_client import (
    FHIR_JSON,
    FhirClient,
    Resource,
    dicts,
    is_ambiguous,
    issues,
    place_of,
    type_of,
)
from radiograde.service.delivery.destinations.http_answer import raise_for_status
from radiograde.service.documents.document import Document
from radiograde.service.documents.fhir.sent_resources import SentResource, places_held
from radiograde.service.errors import RefusedError

_NUMBERS = {"R4": "4.0", "R5": "5.0"}
_OF_ALL = "Device"
"""What other results share, and is nobody's to enter in error."""


class FhirDestination:
    """Posts a result's bundle as one transaction: all of it is kept, or nothing."""

    def __init__(self, server: FhirDestinationConfig) -> None:
        """Take the secrets from their variables.

        Raises:
            SiteError: such a variable is empty, or holds what no token is.
        """
        self.name = server.name
        self._version = server.version
        self._fhir = FhirClient(server)

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        """Post every bundle; its entries see to it that twice is once.

        A server that finds a condition met several times has most of it: it is sent what is left.

        Raises:
            UnreachableError: no answer, a sign-in or an address that is wrong, a server that is
                busy or changing the same resource.
            RefusedError: it does not take the bundle; its OperationOutcome's codes are named.
        """
        for document in documents:
            answer = self._fhir.transact(document.content)
            if is_ambiguous(answer) and not self._completed(document.content):
                raise_for_status(self._fhir.where, 412, issues(answer.json))

    def withdraw(self, taken: Taken, result_id: str) -> None:
        """Have reports and their observations entered in error; the device is others' too.

        What someone else did with them on the server stays. What is not there may still be on its
        way, after a time-out: its place is held by a resource that was entered in error, so that
        nothing is created when it arrives.

        Raises:
            UnreachableError: as :meth:`send`; or someone is changing them.
            RefusedError: it does not take the change.
        """
        sent = [SentResource.of(one.name) for one in taken.objects if one.kind.startswith("fhir")]
        missing = [one for one in sent if not self._enter_in_error(one)]
        if missing:
            self._fhir.transact(places_held(missing))
            for one in missing:
                self._enter_in_error(one)

    def check(self) -> list[Finding]:
        """Return what its capability statement and a count of its devices say."""
        return run_steps(
            [
                *self._fhir.http.reachable_steps(),
                (f"speaks FHIR {self._version}", self._speaks_the_version),
                ("takes transactions", self._takes_transactions),
                ("lets this user in", self._lets_read),
            ]
        )

    def _completed(self, content: bytes) -> bool:
        """Send what is missing of a bundle, tied to what is there; False where nothing was.

        Of two that two requests at once have left, the later one is entered in error.
        """
        bundle = json.loads(content)
        missing: list[Resource] = []
        there: dict[str, str] = {}
        for entry in bundle.get("entry", ()):
            kind = entry["resource"]["resourceType"]
            identifier = entry["request"]["ifNoneExist"].removeprefix("identifier=")
            found = self._fhir.named(kind, identifier)
            if not found:
                missing.append(entry)
                continue
            there[entry["fullUrl"]] = place_of(found[0])
            for twin in found[1:] if kind != _OF_ALL else ():
                self._fhir.enter_in_error(twin)
        if there and missing:
            text = json.dumps(bundle | {"entry": missing}, ensure_ascii=False)
            for url, place in there.items():
                text = text.replace(f'"{url}"', f'"{place}"')
            return not is_ambiguous(self._fhir.transact(text.encode()))
        return bool(there)

    def _enter_in_error(self, sent: SentResource) -> bool:
        """Enter a resource and all that it leads to in error; False where it is not there."""
        found = self._fhir.named(sent.kind, sent.identifier)
        for resource in self._with_parts(found):
            self._fhir.enter_in_error(resource)
        return bool(found)

    def _with_parts(self, resources: Iterable[Resource]) -> Iterator[Resource]:
        """Yield the resources, and every observation that they lead to, once."""
        waiting = list(resources)
        known = {place_of(one) for one in waiting}
        while waiting:
            resource = waiting.pop()
            yield resource
            parts = (*dicts(resource.get("result")), *dicts(resource.get("hasMember")))
            places = {"/".join(str(part.get("reference", "")).split("/")[-2:]) for part in parts}
            for place in sorted(places - known):
                known.add(place)
                member = self._fhir.read(f"/{place}")
                if type_of(member) == "Observation" and member is not None:
                    waiting.append(member)

    def _capabilities(self) -> Resource:
        answer = self._fhir.http.get("/metadata", FHIR_JSON)
        raise_for_status(self._fhir.where, answer.status)
        if type_of(answer.json) != "CapabilityStatement":
            raise self._fhir.no_server()
        capabilities: Resource = answer.json
        return capabilities

    def _speaks_the_version(self) -> None:
        number = str(self._capabilities().get("fhirVersion"))
        if not number.startswith(_NUMBERS[self._version]):
            raise RefusedError(
                f"{self._fhir.where} speaks FHIR {number}. Write the `version` that it speaks."
            )

    def _takes_transactions(self) -> str | None:
        codes = {
            interaction.get("code")
            for rest in dicts(self._capabilities().get("rest"))
            for interaction in dicts(rest.get("interaction"))
        }
        if "transaction" in codes:
            return None
        return "Its capability statement does not name them. It may take them all the same."

    def _lets_read(self) -> str | None:
        # The capability statement is open to everybody; a count of devices names no patient.
        status = self._fhir.http.get("/Device?_summary=count", FHIR_JSON).status
        if status == 403:
            return "It lets this user read no devices. It may let it write all the same."
        raise_for_status(self._fhir.where, status)
        return None
