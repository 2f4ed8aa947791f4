"""Known faults by version: a list that is signed, comes with releases, and is read offline.

The file is JSON: ``list``, the advisories as a JSON text, and ``signature``, its Ed25519 signature
(RFC 8032) in hexadecimal digits. The private key stays with who makes releases.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from radiograde.model.scoring.scorer import BUNDLED
from radiograde.service.atomic_write import make_folder, write_atomically
from radiograde.service.errors import AdvisoryError
from radiograde.service.grading.origin import computing

SHIPPED = files("radiograde.service.problems") / "advisories.json"
KEPT = "advisories.json"
"""Name of a newer list in the data directory."""

PUBLIC_KEY = "30732c1770156413d556ab428c7a4d225815e6841005db2c1ce262b6f10c9bdd"
"""Of who makes releases: Ed25519, 32 bytes."""

Severity = Literal["notice", "fault", "danger"]


class Advisory(BaseModel):
    """A known fault. All conditions that are given have to hold for it to apply.

    ``radiograde``, and ``libraries`` by name: versions, PEP 440. ``models``: SHA-256 of files.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    severity: Severity
    what: str
    remedy: str
    radiograde: str = ""
    libraries: Mapping[str, str] = {}
    models: tuple[str, ...] = ()

    @field_validator("radiograde")
    @classmethod
    def _is_specifier(cls, value: str) -> str:
        SpecifierSet(value)
        return value

    @field_validator("libraries")
    @classmethod
    def _are_specifiers(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for specifier in value.values():
            SpecifierSet(specifier)
        return value

    def applies(self, computing: Mapping[str, Any], model_sha256: str) -> bool:
        """Return whether it applies to what computes here, see ``grading.origin.computing``."""
        libraries = computing["libraries"]
        return (
            _fits(self.radiograde, computing["radiograde"])
            and all(
                name in libraries and _fits(specifier, libraries[name])
                for name, specifier in self.libraries.items()
            )
            and (not self.models or model_sha256 in self.models)
        )


class Advisories(BaseModel):
    """A list. ``issued``: the day, ISO 8601; of two lists the later one counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issued: str
    advisories: tuple[Advisory, ...]


def applying(found: Advisories, model_path: Path | None) -> list[Advisory]:
    """Return those that apply here; ``model_path``: as of the settings.

    Raises:
        OSError: there is no model file.
    """
    model = hashlib.sha256((model_path or BUNDLED).read_bytes()).hexdigest()
    return [one for one in found.advisories if one.applies(computing(), model)]


def signed(document: str, key: Ed25519PrivateKey) -> str:
    """Return the file of a list, given as its JSON text. Raises AdvisoryError."""
    _parsed(document)
    signature = key.sign(document.encode()).hex()
    return json.dumps({"list": document, "signature": signature}, indent=1) + "\n"


def read(content: bytes, public_key: str = PUBLIC_KEY) -> Advisories:
    """Return the list in a file.

    Raises:
        AdvisoryError: it is none, or not signed with the key.
    """
    try:
        document = json.loads(content)
        text, signature = document["list"], bytes.fromhex(document["signature"])
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(signature, text.encode())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AdvisoryError("This is no list of advisories.") from error
    except InvalidSignature as error:
        raise AdvisoryError(
            "The list of advisories is not signed by who makes Radiograde, or was changed."
        ) from error
    return _parsed(text)


def in_force(data_dir: Path) -> Advisories:
    """Return the later of the list shipped with this version and that in the data directory.

    Raises:
        AdvisoryError: the one in the data directory is none, not signed, or cannot be read.
    """
    shipped = read(SHIPPED.read_bytes())
    try:
        kept = read((data_dir / KEPT).read_bytes())
    except FileNotFoundError:
        return shipped
    except OSError as error:
        raise AdvisoryError(f"{KEPT} of the data directory: {error.strerror}.") from error
    return max(shipped, kept, key=lambda one: one.issued)


def keep(content: bytes, data_dir: Path) -> None:
    """Keep the file of a list in the data directory. Raises OSError."""
    make_folder(data_dir)
    write_atomically(data_dir / KEPT, content)


def _parsed(text: str) -> Advisories:
    try:
        return Advisories.model_validate_json(text)
    except ValidationError as error:
        raise AdvisoryError(f"The list of advisories is malformed ({error}).") from error


def _fits(specifier: str, version: str) -> bool:
    return SpecifierSet(specifier).contains(Version(version), prereleases=True)
