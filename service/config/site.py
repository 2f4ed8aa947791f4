"""The tables of the site file: DICOM node, watched folders, delivery, destinations.

docs/reference/site.md describes every key. Secrets do not belong in the file: it names the
environment variables that hold them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    model_validator,
)

from radiograde.service.config.named_secret import secret_of

AeTitle = Annotated[str, Field(pattern=r"^[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?$")]
"""DICOM PS3.5 6.2, VR AE: at most 16 characters, no backslash, no space at either end."""

Name = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
ObjectKind = Literal["sr", "seg", "sc", "pr", "doc"]
"""The documents that are DICOM objects."""

DocumentKind = Literal["sr", "seg", "sc", "pr", "doc", "fhir", "fhir_r5", "hl7", "pdf", "json"]
"""The documents of a result, by their short names; ``fhir`` is R4, ``hl7`` ORU^R01 of v2.5.1."""

Uri = Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*:[^\\s|]{1,200}$")]
"""An absolute URI, as FHIR asks of a system."""


def _not_for_ever(hours: str) -> str:
    begin, end = hours.split("-")
    if begin == end:
        raise ValueError("they begin when they end; leave it out where there are none")
    return hours


_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
QuietHours = Annotated[str, Field(pattern=f"^{_TIME}-{_TIME}$"), AfterValidator(_not_for_ever)]
"""Hours of the day by this computer's clock, such as ``22:00-06:00``."""

Charset = Literal[
    "ISO_IR 6",
    "ISO_IR 13",
    "ISO_IR 100",
    "ISO_IR 101",
    "ISO_IR 109",
    "ISO_IR 110",
    "ISO_IR 126",
    "ISO_IR 127",
    "ISO_IR 138",
    "ISO_IR 144",
    "ISO_IR 148",
    "ISO_IR 166",
    "ISO_IR 192",
    "ISO 2022 IR 87",
    "ISO 2022 IR 149",
    "GB18030",
    "GBK",
]
"""Defined Terms of SpecificCharacterSet, PS3.3 C.12.1.1.2."""

Hl7Charset = Literal[
    "ASCII",
    "8859/1",
    "8859/2",
    "8859/3",
    "8859/4",
    "8859/5",
    "8859/6",
    "8859/7",
    "8859/8",
    "8859/9",
    "8859/15",
    "UNICODE UTF-8",
    "ISO IR87",
    "GB 18030-2000",
    "BIG-5",
]
"""Character sets of messages: MSH-18, HL7 table 0211."""

Hl7Name = Annotated[str, Field(pattern=r"^[!-\[\]-{}-~]{0,20}$")]
"""The name of an application or facility in a message: MSH-3 to MSH-6."""

Language = Literal["en", "ko", "de", "es", "ja"]
"""Languages in which a result is put into words."""

_HOLD: Mapping[Language, tuple[Charset | Hl7Charset, ...]] = {
    "ko": ("ISO_IR 192", "ISO 2022 IR 149", "GB18030", "UNICODE UTF-8", "GB 18030-2000"),
    "ja": (
        *("ISO_IR 192", "ISO 2022 IR 87", "GB18030", "GBK"),
        *("UNICODE UTF-8", "ISO IR87", "GB 18030-2000"),
    ),
}
"""Character sets that hold a language; of others those that miss accents write the letters bare."""

FilmSource = Literal["dicom", "dicomweb", "folder", "http", "prior", "constancy"]
"""How a film came in: C-STORE, STOW-RS, a watched folder, ``POST /v1/score``, fetched as a prior of
another film, or drawn and sent by the installation itself.
"""


class Table(BaseModel):
    """A table of the file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerTls(Table):
    """TLS of a listener: with ``ca`` only callers whose certificate it signed are let in."""

    certificate: Path
    key: Path
    ca: Path | None = None


class ClientTls(Table):
    """TLS towards a destination: ``ca`` signs it (None: the system's), own certificate if asked."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class Peer(Table):
    """Another DICOM node, as storage commitment needs to call it back."""

    aet: AeTitle
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]


class NodeConfig(Table):
    """The DICOM node of ``radiograde listen``; empty lists of titles let every title in."""

    aet: AeTitle = "RADIOGRADE"
    host: str = "127.0.0.1"
    port: int = Field(11112, ge=0, le=65535)
    store_from: tuple[AeTitle, ...] = Field((), description="Titles that may store")
    commit_from: tuple[AeTitle, ...] = Field((), description="Titles that may ask for commitment")
    peers: tuple[Peer, ...] = Field((), description="Where commitment reports are sent")
    associations: int = Field(256, ge=1, description="At the same time")
    associations_per_address: int = Field(32, ge=1, description="Of them, from one address")
    idle_timeout_s: float = Field(60.0, gt=0, description="Silence after which a caller is let go")
    max_object_mb: int = Field(256, ge=1, description="Largest object that is accepted")
    tls: ServerTls | None = None


class WatchConfig(Table):
    """A folder for films: accepted files move to ``done`` inside it, others to ``refused``."""

    path: Path
    quiet_s: float = Field(2.0, ge=0, description="A file is read once it has not grown so long")


class Hl7Config(Table):
    """The listener for HL7 messages over MLLP; without the table there is none."""

    host: str = "127.0.0.1"
    port: int = Field(2575, ge=0, le=65535)
    allow_from: tuple[IPvAnyNetwork, ...] = Field(
        (), description="Addresses or networks that may send; empty lets every one in"
    )
    connections: int = Field(32, ge=1, description="At the same time")
    idle_timeout_s: float = Field(3600.0, gt=0, description="Silence before a sender is let go")
    max_message_kb: int = Field(1024, ge=1, description="Largest message that is read, in KiB")
    tls: ServerTls | None = None


class DeliveryConfig(Table):
    """How results are delivered, wherever to."""

    give_up_after_h: float = Field(72.0, gt=0, description="Hours to try a silent destination")
    rejected: bool = Field(True, description="Whether reports on rejected films are delivered")
    at_once: int = Field(2, ge=1, le=64, description="Deliveries to one destination at a time")


class ReadingConfig(Table):
    """Whether readers grade a film before they are shown its scores."""

    first: bool = Field(False, description="Everybody who may review does")
    readers: tuple[str, ...] = Field((), description="These do: names of users or keys")


class _DestinationConfig(Table):
    name: Name
    send: tuple[DocumentKind, ...] = ()
    sources: tuple[FilmSource, ...] = Field(
        ("dicom", "dicomweb", "folder"), description="It gets results of films that came so"
    )
    language: Language = Field("en", description="Of the sentences that say what a film shows")

    quiet_hours: QuietHours | None = Field(
        None, description="Hours in which it is sent only what has priority"
    )

    @model_validator(mode="after")
    def _letters_of_the_language(self) -> Self:
        charset = getattr(self, "charset", None)
        if charset is not None and charset not in _HOLD.get(self.language, (charset,)):
            raise ValueError(f"the charset {charset} has no letters for the language")
        return self

    @property
    def kinds(self) -> tuple[DocumentKind, ...]:
        """The documents that it gets."""
        return self.as_kinds(self.send)

    def as_kinds(self, send: Sequence[DocumentKind]) -> tuple[DocumentKind, ...]:
        """Return the documents that these are for it."""
        return tuple(send)


class _ArchiveConfig(_DestinationConfig):
    """What an archive of DICOM objects can read."""

    charset: Charset = Field("ISO_IR 192", description="Character set of the objects; UTF-8")
    long_accession_numbers: bool = Field(
        False, description="Whether accession numbers may be longer than 16 characters"
    )


class DicomDestinationConfig(_ArchiveConfig):
    """A node that accepts C-STORE."""

    type: Literal["dicom"]
    aet: AeTitle
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    calling_aet: AeTitle = "RADIOGRADE"
    timeout_s: float = Field(30.0, gt=0)
    retrieve: Literal["move", "get"] = Field(
        "move", description="How films are fetched: C-MOVE to the own node, or C-GET"
    )
    tls: ClientTls | None = None
    send: tuple[ObjectKind, ...] = ("sr", "seg", "sc")
    commitment: bool = Field(
        False, description="Whether it is asked for storage commitment of what it was sent"
    )


def plain_url(url: str) -> str:
    """Return an address without user, query and fragment. Raises ValueError for another."""
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("write it as https://host/path, without a user, a query or a fragment")
    if parts.port == 0:
        raise ValueError("port 0 cannot be called")
    return url


class HttpEndpointConfig(Table):
    """An address that is spoken to over HTTP, and how it is signed in to."""

    url: Annotated[str, Field(pattern="^https?://"), AfterValidator(plain_url)]
    user: str | None = None
    password_env: str | None = Field(None, description="Variable that holds the password")
    token_env: str | None = Field(None, description="Variable that holds a bearer token")
    timeout_s: float = Field(30.0, gt=0)
    tls: ClientTls | None = None

    @model_validator(mode="after")
    def _one_sign_in(self) -> Self:
        if (self.user is None) != (self.password_env is None):
            raise ValueError("user and password_env go together")
        if self.user is not None and self.token_env is not None:
            raise ValueError("sign in with user and password_env or with token_env, not both")
        return self

    @property
    def password(self) -> SecretStr | None:
        """The password, from its variable."""
        return secret_of(self.password_env)

    @property
    def token(self) -> SecretStr | None:
        """The bearer token, from its variable."""
        return secret_of(self.token_env)


class _HttpDestinationConfig(_DestinationConfig, HttpEndpointConfig):
    pass


class DicomWebDestinationConfig(_ArchiveConfig, _HttpDestinationConfig):
    """A DICOMweb root that accepts STOW-RS, such as ``http://pacs/dicom-web``."""

    type: Literal["dicomweb"]
    send: tuple[ObjectKind, ...] = ("sr", "seg", "sc")


class FhirDestinationConfig(_HttpDestinationConfig):
    """The base URL of a FHIR server."""

    type: Literal["fhir"]
    version: Literal["R4", "R5"] = "R4"
    patient_system: Uri | None = Field(
        None, description="System of patient IDs whose issuer has no URI"
    )
    accession_system: Uri | None = Field(
        None, description="System of accession numbers whose issuer has no URI"
    )
    conditional_references: bool = Field(
        False, description="Whether the server is to find patient and order by identifier"
    )
    send: tuple[Literal["fhir"], ...] = ("fhir",)

    def as_kinds(self, send: Sequence[DocumentKind]) -> tuple[DocumentKind, ...]:
        """Return the documents, the bundle in the server's version."""
        return tuple(send) if self.version == "R4" else ("fhir_r5",)


class Hl7DestinationConfig(_DestinationConfig):
    """An application that takes ORU^R01 over MLLP: a RIS, an interface engine."""

    type: Literal["hl7"]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    sending_application: Hl7Name = Field("RADIOGRADE", description="MSH-3")
    sending_facility: Hl7Name = Field("", description="MSH-4")
    receiving_application: Hl7Name = Field("", description="MSH-5")
    receiving_facility: Hl7Name = Field("", description="MSH-6")
    charset: Hl7Charset = Field("UNICODE UTF-8", description="Character set of messages, MSH-18")
    page_url: Annotated[str, Field(pattern="^https?://"), AfterValidator(plain_url)] | None = Field(
        None, description="Where people open the page; messages link to it"
    )
    timeout_s: float = Field(30.0, gt=0)
    tls: ClientTls | None = None
    send: tuple[Literal["hl7"], ...] = ("hl7",)


class FolderDestinationConfig(_ArchiveConfig):
    """A folder, on a share perhaps."""

    type: Literal["folder"]
    path: Path
    send: tuple[DocumentKind, ...] = ("json", "sr", "seg", "sc", "pdf")


DestinationConfig = Annotated[
    DicomDestinationConfig
    | DicomWebDestinationConfig
    | FhirDestinationConfig
    | Hl7DestinationConfig
    | FolderDestinationConfig,
    Field(discriminator="type"),
]
