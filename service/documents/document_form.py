"""How a destination wants its documents written: in what it can read, and about what it holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from radiograde.service.config.site import DestinationConfig

UTF_8 = "ISO_IR 192"


@dataclass(frozen=True, slots=True)
class DocumentForm:
    """What two copies of one document may differ in; each form has UIDs of its own.

    ``charset``: Defined Term of SpecificCharacterSet (0008,0005), PS3.3 C.12.1.1.2.
    ``long_accession``: accession numbers of more than 16 characters are written all the same.
    ``patient_system``, ``accession_system``, ``conditional_references``: of FHIR resources, as the
    site file has them. ``with_segmentation``: the report may refer to the segmentation, which goes
    where it goes.
    """

    charset: str = UTF_8
    long_accession: bool = False
    with_segmentation: bool = True
    patient_system: str | None = None
    accession_system: str | None = None
    conditional_references: bool = False

    @property
    def mark(self) -> str:
        """What tells a form from others in the name of a kept file; "" of the usual one."""
        parts = [
            "" if self.charset == UTF_8 else self.charset.lower().replace(" ", "_"),
            "long" if self.long_accession else "",
            "" if self.with_segmentation else "alone",
            self._fhir_mark,
        ]
        return ".".join(filter(None, parts))

    @property
    def _fhir_mark(self) -> str:
        systems = (self.patient_system, self.accession_system, self.conditional_references)
        return hashlib.sha256(repr(systems).encode()).hexdigest()[:8] if any(systems) else ""


USUAL = DocumentForm()


def form_for(destination: DestinationConfig) -> DocumentForm:
    """Return how a destination of the site file wants its documents."""
    return DocumentForm(
        getattr(destination, "charset", UTF_8),
        getattr(destination, "long_accession_numbers", False),
        patient_system=getattr(destination, "patient_system", None),
        accession_system=getattr(destination, "accession_system", None),
        conditional_references=getattr(destination, "conditional_references", False),
        with_segmentation="seg" in destination.kinds or "sr" not in destination.kinds,
    )
