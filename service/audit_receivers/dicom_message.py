"""A row of the audit trail as a DICOM audit message, PS3.15 A.5, in the XML of its schema A.5.1."""

from __future__ import annotations

from base64 import b64encode
from ipaddress import ip_address
from xml.etree.ElementTree import Element, SubElement, tostring

from radiograde.service.audit.action import MEANINGS, Action, Code
from radiograde.service.audit.audit_event import AuditRow

OUTCOMES = {"success": "0", "refused": "4", "failed": "8"}
"""EventOutcomeIndicator: success, minor failure, serious failure."""

_SOURCE_TYPE = "4"
"""AuditSourceTypeCode: an application server, CID 404."""

_RFC_3881 = "RFC-3881"
_OWN = "RADIOGRADE"

APPLICATION = Code("110150", "Application")


def network_type(machine: str) -> str:
    """Return NetworkAccessPointTypeCode: 2 of an IP address, 1 of a name."""
    try:
        ip_address(machine)
    except ValueError:
        return "1"
    return "2"


def dicom_message(row: AuditRow, source_id: str) -> bytes:
    """Return the message, UTF-8; ``source_id``: of this installation."""
    meaning = MEANINGS[Action(row.action)]
    message = Element("AuditMessage")
    event = SubElement(
        message,
        "EventIdentification",
        EventActionCode=meaning.letter,
        EventDateTime=row.at,
        EventOutcomeIndicator=OUTCOMES[row.outcome],
    )
    _code(event, "EventID", meaning.event)
    if meaning.kind is not None:
        _code(event, "EventTypeCode", meaning.kind)
    SubElement(event, "EventTypeCode", _own(row.action))
    _participant(message, row)
    source = SubElement(message, "AuditSourceIdentification", AuditSourceID=source_id)
    SubElement(source, "AuditSourceTypeCode", {"csd-code": _SOURCE_TYPE})
    _objects(message, row)
    xml: bytes = tostring(message, "utf-8", xml_declaration=True)
    return xml


def _participant(message: Element, row: AuditRow) -> None:
    facts = {"UserID": row.actor or row.machine or "unknown", "UserIsRequestor": "true"}
    if row.machine:
        facts["NetworkAccessPointID"] = row.machine
        facts["NetworkAccessPointTypeCode"] = network_type(row.machine)
    participant = SubElement(message, "ActiveParticipant", facts)
    if row.actor_kind in ("machine", "service"):
        _code(participant, "RoleIDCode", APPLICATION)


def _objects(message: Element, row: AuditRow) -> None:
    if row.patient is not None:
        _object(message, row.patient, "1", "1", Code("2", "Patient Number"), _RFC_3881)
    if row.study_instance_uid is not None:
        study = _object(
            message, row.study_instance_uid, "2", "3", Code("110180", "Study Instance UID")
        )
        if row.sop_instance_uid is not None:
            described = SubElement(study, "ParticipantObjectDescription")
            instance = SubElement(described, "SOPClass", NumberOfInstances="1")
            SubElement(instance, "Instance", UID=row.sop_instance_uid)
    if row.film_id is not None:
        found = _object(message, row.film_id, "2", "3", Code("film", "Film ID"), _OWN)
        _details(found, row)
    elif row.detail or row.request_id:
        criteria = Code("10", "Search Criteria")
        _details(_object(message, str(row.seq), "2", "13", criteria, _RFC_3881), row)


def _object(
    message: Element, id: str, kind: str, role: str, id_type: Code, system: str = "DCM"
) -> Element:
    """Return a participating object, with the name that the schema requires of each."""
    found = SubElement(
        message,
        "ParticipantObjectIdentification",
        ParticipantObjectID=id,
        ParticipantObjectTypeCode=kind,
        ParticipantObjectTypeCodeRole=role,
    )
    _code(found, "ParticipantObjectIDTypeCode", id_type, system)
    SubElement(found, "ParticipantObjectName").text = id
    return found


def _details(found: Element, row: AuditRow) -> None:
    told = {**row.detail, **({"request_id": row.request_id} if row.request_id else {})}
    for name, value in sorted(told.items()):
        encoded = b64encode(str(value).encode()).decode("ascii")
        SubElement(found, "ParticipantObjectDetail", type=name, value=encoded)


def _code(parent: Element, name: str, code: Code, system: str = "DCM") -> None:
    facts = {"csd-code": code.value, "codeSystemName": system, "originalText": code.meaning}
    SubElement(parent, name, facts)


def _own(action: str) -> dict[str, str]:
    return {"csd-code": action, "codeSystemName": _OWN, "originalText": action}
