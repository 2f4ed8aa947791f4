"""What routing rules ask of a film and its result."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_attributes import name, uid
from radiograde.model.reading.view_position import View, view_of
from radiograde.model.scoring.result import Status
from radiograde.service.config.rules import ChangeVerdict
from radiograde.service.config.site import FilmSource


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """A film and its result; None where something is not known.

    ``source``: all that the film came by. ``sender``: AE title, name of a key or user, address,
    or watched folder. ``department``: InstitutionalDepartmentName (0008,1040). ``model``: name
    and version, name, sha256. ``change``: since the patient's film before. ``reasons``: codes of
    why it was rejected.
    """

    source: Collection[FilmSource]
    status: Status
    sop_class_uid: str | None = None
    reasons: Collection[str] = ()
    sender: str | None = None
    department: str | None = None
    modality: str | None = None
    view: View = "UNKNOWN"
    severity: str | None = None
    model: Collection[str] = ()
    change: ChangeVerdict | None = None

    def values_of(self, condition: str) -> tuple[str, ...]:
        """Return what is known of what a rule asks for; any of it may fit."""
        value = getattr(self, condition)
        if value is None:
            return ()
        return (value,) if isinstance(value, str) else tuple(value)

    def with_header(self, header: Header | None) -> FilmFacts:
        """Return these with what a header says; as they are where there is none."""
        if header is None:
            return self
        return replace(
            self,
            sop_class_uid=uid(header, "SOPClassUID"),
            department=header.decoded("InstitutionalDepartmentName") or None,
            modality=name(header, "Modality"),
            view=view_of(header),
        )

    def with_result(self, document: Mapping[str, Any]) -> FilmFacts:
        """Return these with what a result's JSON says."""
        model = document["model"]
        image = document.get("image") or {}
        return replace(
            self,
            status=document["status"],
            reasons=reasons_of(document),
            view=image.get("view", self.view),
            severity=document.get("severity"),
            model=(f"{model['name']} {model['version']}", model["name"], model["sha256"]),
        )


def reasons_of(document: Mapping[str, Any]) -> set[str]:
    """Return the codes of why a film was rejected, by its result's JSON; none of a scored one."""
    gate = document.get("gate") or {}
    return {reason["code"] for reason in gate.get("reasons", ()) if reason["level"] == "reject"}
