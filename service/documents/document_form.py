"""How a destination wants its documents written: in what it can read, and about what it holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from radiograde.service.config.site import DestinationConfig, Hl7DestinationConfig, Language

UTF_8 = "ISO_IR 192"


@dataclass(frozen=True, slots=True)
class Hl7Form:
    """Whom a message comes from and goes to, in which characters, and where its page is."""

    sending_application: str = "RADIOGRADE"
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    charset: str = "UNICODE UTF-8"
    page_url: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentForm:
    """What two copies of one document may differ in; each form has UIDs of its own.

    ``charset``: Defined Term of SpecificCharacterSet (0008,0005), PS3.3 C.12.1.1.2.
    ``long_accession``: accession numbers of more than 16 characters are written all the same.
    ``patient_system``, ``accession_system``, ``conditional_references``: of FHIR resources, as the
    site file has them. ``with_segmentation``: the report may refer to the segmentation, which goes
    where it goes. ``language``: of the statement, what the film shows in a sentence. ``hl7``: of
    messages; no UID follows from it.
    """

    charset: str = UTF_8
    long_accession: bool = False
    with_segmentation: bool = True
    patient_system: str | None = None
    accession_system: str | None = None
    conditional_references: bool = False
    language: Language = "en"
    hl7: Hl7Form = field(default=Hl7Form(), repr=False)

    @property
    def mark(self) -> str:
        """What tells a form from others in the name of a kept file; "" of the usual one."""
        parts = [
            "" if self.charset == UTF_8 else self.charset.lower().replace(" ", "_"),
            "long" if self.long_accession else "",
            "" if self.with_segmentation else "alone",
            self._fhir_mark,
            "" if self.hl7 == Hl7Form() else _digest(self.hl7),
            "" if self.language == "en" else self.language,
        ]
        return ".".join(filter(None, parts))

    @property
    def _fhir_mark(self) -> str:
        systems = (self.patient_system, self.accession_system, self.conditional_references)
        return _digest(systems) if any(systems) else ""


def _digest(settings: object) -> str:
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:8]


USUAL = DocumentForm()


def form_for(destination: DestinationConfig) -> DocumentForm:
    """Return how a destination of the site file wants its documents."""
    if isinstance(destination, Hl7DestinationConfig):
        return DocumentForm(
            hl7=_hl7_form(destination), with_segmentation=False, language=destination.language
        )
    return DocumentForm(
        getattr(destination, "charset", UTF_8),
        getattr(destination, "long_accession_numbers", False),
        patient_system=getattr(destination, "patient_system", None),
        accession_system=getattr(destination, "accession_system", None),
        conditional_references=getattr(destination, "conditional_references", False),
        with_segmentation="seg" in destination.kinds or "sr" not in destination.kinds,
        language=destination.language,
    )


def _hl7_form(destination: Hl7DestinationConfig) -> Hl7Form:
    return Hl7Form(
        destination.sending_application,
        destination.sending_facility,
        destination.receiving_application,
        destination.receiving_facility,
        destination.charset,
        destination.page_url,
    )
