"""A row of the audit trail as a FHIR AuditEvent, R4: http://hl7.org/fhir/R4/auditevent.html."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from radiograde.service.audit.action import MEANINGS, Action, Code
from radiograde.service.audit.audit_event import AuditRow
from radiograde.service.audit_receivers.dicom_message import APPLICATION, OUTCOMES, network_type

DCM = "http://dicom.nema.org/resources/ontology/DCM"
OWN = "urn:radiograde:audit-action"
_PSEUDONYM = "urn:radiograde:pseudonym"
_FILM = "urn:radiograde:film"
_UID = "urn:dicom:uid"
_ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_SOURCE_TYPE = "http://terminology.hl7.org/CodeSystem/security-source-type"


def fhir_audit_event(row: AuditRow, source_id: str) -> dict[str, Any]:
    """Return the resource; ``source_id``: of this installation.

    Its id is of installation and row, so that a row sent twice is one resource.
    """
    meaning = MEANINGS[Action(row.action)]
    kinds = [{"system": OWN, "code": row.action, "display": row.action.replace("_", " ")}]
    if meaning.kind is not None:
        kinds.append(_coding(meaning.kind))
    resource: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": f"{source_id}-{row.seq}",
        "type": _coding(meaning.event),
        "subtype": kinds,
        "action": meaning.letter,
        "recorded": row.at,
        "outcome": OUTCOMES[row.outcome],
        "agent": [_agent(row)],
        "source": {
            "observer": {"display": "Radiograde"},
            "site": source_id,
            "type": [{"system": _SOURCE_TYPE, "code": "4", "display": "Application Server"}],
        },
    }
    entities = list(_entities(row))
    return resource | ({"entity": entities} if entities else {})


def _agent(row: AuditRow) -> dict[str, Any]:
    agent: dict[str, Any] = {"requestor": True, "who": {"display": row.actor or "unknown"}}
    if row.actor_kind in ("machine", "service"):
        agent["type"] = {"coding": [_coding(APPLICATION)]}
    if row.machine:
        agent["network"] = {"address": row.machine, "type": network_type(row.machine)}
    return agent


def _entities(row: AuditRow) -> Iterator[dict[str, Any]]:
    if row.patient is not None:
        yield _entity(_PSEUDONYM, row.patient, "1", "1")
    if row.study_instance_uid is not None:
        yield _entity(_UID, f"urn:oid:{row.study_instance_uid}", "2", "3")
    if row.sop_instance_uid is not None:
        yield _entity(_UID, f"urn:oid:{row.sop_instance_uid}", "2", "3")
    told = {**row.detail, **({"request_id": row.request_id} if row.request_id else {})}
    details = [{"type": name, "valueString": str(value)} for name, value in sorted(told.items())]
    more: dict[str, Any] = {"detail": details} if details else {}
    if row.film_id is not None:
        yield _entity(_FILM, row.film_id, "2", "3") | more
    elif more:
        yield {"type": {"system": _ENTITY_TYPE, "code": "2"}, "name": row.action} | more


def _entity(system: str, value: str, kind: str, role: str) -> dict[str, Any]:
    return {
        "what": {"identifier": {"system": system, "value": value}},
        "type": {"system": _ENTITY_TYPE, "code": kind},
        "role": {"system": _ROLE, "code": role},
    }


def _coding(code: Code) -> dict[str, str]:
    return {"system": DCM, "code": code.value, "display": code.meaning}
