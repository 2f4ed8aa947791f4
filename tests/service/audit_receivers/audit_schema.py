"""The schema of DICOM audit messages, PS3.15 A.5.1, as far as elements and attributes go."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree.ElementTree import Element

Check = Callable[[str], object]


def one_of(*values: str) -> Check:
    def check(value: str) -> None:
        assert value in values, value

    return check


def token(value: str) -> None:
    assert value == " ".join(value.split()), value


def number(value: str) -> None:
    assert re.fullmatch(r"[+-]?\d+", value), value


def binary(value: str) -> None:
    base64.b64decode(value, validate=True)


@dataclass(frozen=True)
class Shape:
    """``children``: in this order, each with its least and greatest count. ``optional``: marked."""

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    children: tuple[tuple[str, int, int], ...] = ()
    has_text: bool = False


MANY = 10**6
_CODED = Shape(
    {"csd-code": token, "codeSystemName": token, "originalText": token}, {"displayName": token}
)
_UID = Shape({"UID": token})

SHAPES: Mapping[str, Shape] = {
    "AuditMessage": Shape(
        children=(
            ("EventIdentification", 1, 1),
            ("ActiveParticipant", 1, MANY),
            ("AuditSourceIdentification", 1, 1),
            ("ParticipantObjectIdentification", 0, MANY),
        )
    ),
    "EventIdentification": Shape(
        {"EventDateTime": datetime.fromisoformat, "EventOutcomeIndicator": one_of(*"048", "12")},
        {"EventActionCode": one_of(*"CRUDE")},
        (("EventID", 1, 1), ("EventTypeCode", 0, MANY), ("EventOutcomeDescription", 0, 1)),
    ),
    "EventID": _CODED,
    "EventTypeCode": _CODED,
    "EventOutcomeDescription": Shape(has_text=True),
    "ActiveParticipant": Shape(
        {"UserID": str, "UserIsRequestor": one_of("true", "false")},
        {
            "AlternativeUserID": str,
            "UserName": str,
            "NetworkAccessPointID": token,
            "NetworkAccessPointTypeCode": one_of(*"12345"),
        },
        (("RoleIDCode", 0, MANY),),
    ),
    "RoleIDCode": _CODED,
    "AuditSourceIdentification": Shape(
        {"AuditSourceID": token},
        {"AuditEnterpriseSiteID": token},
        (("AuditSourceTypeCode", 0, MANY),),
    ),
    "AuditSourceTypeCode": Shape(
        {"csd-code": token},
        {"codeSystemName": token, "originalText": token, "displayName": token},
    ),
    "ParticipantObjectIdentification": Shape(
        {"ParticipantObjectID": token},
        {
            "ParticipantObjectTypeCode": one_of(*"1234"),
            "ParticipantObjectTypeCodeRole": one_of(*map(str, range(1, 27))),
            "ParticipantObjectDataLifeCycle": one_of(*map(str, range(1, 16))),
            "ParticipantObjectSensitivity": token,
        },
        (
            ("ParticipantObjectIDTypeCode", 1, 1),
            ("ParticipantObjectName", 1, 1),
            ("ParticipantObjectDetail", 0, MANY),
            ("ParticipantObjectDescription", 0, MANY),
        ),
    ),
    "ParticipantObjectIDTypeCode": _CODED,
    "ParticipantObjectName": Shape(has_text=True),
    "ParticipantObjectDetail": Shape({"type": token, "value": binary}),
    "ParticipantObjectDescription": Shape(children=(("SOPClass", 0, MANY),)),
    "SOPClass": Shape({"NumberOfInstances": number}, {"UID": token}, (("Instance", 0, MANY),)),
    "Instance": _UID,
}


def validate(element: Element) -> None:
    """Assert that an element, and all in it, are as the schema says."""
    shape = SHAPES[element.tag]
    assert shape.required.keys() <= set(element.keys()), element.tag
    assert set(element.keys()) <= shape.required.keys() | shape.optional.keys(), element.tag
    for name, value in element.items():
        (shape.required.get(name) or shape.optional[name])(value)
    assert shape.has_text or not (element.text or "").strip()
    names = [child.tag for child in element]
    order = [name for name, _, _ in shape.children]
    assert names == sorted(names, key=order.index), element.tag
    for name, least, most in shape.children:
        assert least <= names.count(name) <= most, name
    for child in element:
        validate(child)
