"""The self-test of a DICOM node; only C-ECHO is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydicom.uid import (
    UID,
    Comprehensive3DSRStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from radiograde.service.config.site import DicomDestinationConfig
from radiograde.service.delivery.destinations.association import associated, endpoint
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.delivery.destinations.steps import walk
from radiograde.service.errors import UnreachableError

CLASSES: dict[Literal["sr", "seg", "sc"], UID] = {
    "sr": Comprehensive3DSRStorage,
    "seg": SegmentationStorage,
    "sc": SecondaryCaptureImageStorage,
}
"""The storage class of each document, PS3.4 B.5."""


def check_node(node: DicomDestinationConfig) -> list[Finding]:
    """Return findings on name, connection, association, C-ECHO and each class to be sent."""
    where = endpoint(node)
    findings = walk(
        [(f"{node.host} is found", where.resolve), (f"{where} accepts connections", where.connect)]
    )
    if findings[-1].level == "ok":
        findings += _talk(node)
    return findings


def _talk(node: DicomDestinationConfig) -> Iterator[Finding]:
    what = f"{node.aet} accepts an association from {node.calling_aet}"
    try:
        with associated(node, _contexts(node)) as association:
            yield Finding(what, "ok")
            yield _echo(association)
            yield from (_taken(association, kind) for kind in node.send)
    except UnreachableError as error:
        yield Finding(what, "fail", error.message)


def _contexts(node: DicomDestinationConfig) -> list[PresentationContext]:
    classes = [UID(Verification), *(CLASSES[kind] for kind in node.send)]
    syntaxes: list[str | UID] = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
    return [build_context(sop_class, syntaxes) for sop_class in classes]


def _echo(association: Association) -> Finding:
    what = "C-ECHO is answered"
    try:
        answer = association.send_c_echo()
    except (RuntimeError, ValueError):
        return Finding(what, "warn", "It takes no C-ECHO. It may store all the same.")
    if "Status" in answer and answer.Status == 0:
        return Finding(what, "ok")
    return Finding(what, "fail", "It does not answer a C-ECHO as it should. Its log may say why.")


def _taken(association: Association, kind: Literal["sr", "seg", "sc"]) -> Finding:
    sop_class = CLASSES[kind]
    what = f"takes {kind} ({sop_class.name})"
    if any(context.abstract_syntax == sop_class for context in association.accepted_contexts):
        return Finding(what, "ok")
    advice = f"Have the node accept {sop_class.name}, or leave {kind} out of `send`."
    return Finding(what, "fail", advice)
