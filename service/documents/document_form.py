"""How a destination wants its documents written: in what it can read, and about what it holds."""

from __future__ import annotations

from dataclasses import dataclass

from radiograde.service.config.site import DestinationConfig

UTF_8 = "ISO_IR 192"


@dataclass(frozen=True, slots=True)
class DocumentForm:
    """What two copies of one document may differ in; each form has UIDs of its own.

    ``charset``: Defined Term of SpecificCharacterSet (0008,0005), PS3.3 C.12.1.1.2.
    ``long_accession``: accession numbers of more than 16 characters are written all the same.
    ``with_segmentation``: the report may refer to the segmentation, which goes where it goes.
    """

    charset: str = UTF_8
    long_accession: bool = False
    with_segmentation: bool = True

    @property
    def mark(self) -> str:
        """What tells a form from others in the name of a kept file; "" of the usual one."""
        parts = [
            "" if self.charset == UTF_8 else self.charset.lower().replace(" ", "_"),
            "long" if self.long_accession else "",
            "" if self.with_segmentation else "alone",
        ]
        return ".".join(filter(None, parts))


USUAL = DocumentForm()


def form_for(destination: DestinationConfig) -> DocumentForm:
    """Return how a destination of the site file wants its documents."""
    return DocumentForm(
        getattr(destination, "charset", UTF_8),
        getattr(destination, "long_accession_numbers", False),
        with_segmentation="seg" in destination.kinds or "sr" not in destination.kinds,
    )
