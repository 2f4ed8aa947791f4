"""A problem as one sealed file: a zip whose manifest has the digest of every other entry.

The seal is the digest of the manifest: who is told it by another way knows that nothing in the
file was changed.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from radiograde.service.errors import BundleError

SCHEMA = "radiograde.problem/1"
MANIFEST = "manifest.json"
FILMS = ("film.dcm", "film.png")
DOCUMENTS = (
    "result.json",
    "trace.json",
    "painted_result.json",
    "painted_trace.json",
    "versions.json",
    "settings.json",
)
OTHERS = ("maps.npz", "log.jsonl")
FACTS = ("result_id", "made", "radiograde")
"""Texts that every manifest has, beside the digests."""

LARGEST = 512 * 2**20
"""Bytes of all entries, unpacked: a bomb is refused."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of these zipfile inflates as much as it is asked for; of others all that there is."""

_DAMAGES = (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, OSError, EOFError)
"""What zipfile raises; RuntimeError where an entry is encrypted or of a later version."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A problem's entries by name, and the facts of its manifest."""

    facts: Mapping[str, Any]
    entries: Mapping[str, bytes]

    @property
    def film(self) -> bytes:
        """The film without a patient, as it was graded last."""
        return next(self.entries[name] for name in FILMS if name in self.entries)

    def document(self, name: str) -> dict[str, Any]:
        """Return an entry that is a JSON object. Raises BundleError."""
        try:
            document = json.loads(self.entries[name])
        except (KeyError, ValueError, RecursionError) as error:
            raise BundleError(f"The file of the problem lacks a usable {name}.") from error
        if not isinstance(document, dict):
            raise BundleError(f"{name} in the file of the problem is no JSON object.")
        return document


def sealed(bundle: Bundle) -> tuple[bytes, str]:
    """Return the file of a problem, and its seal."""
    digests = {name: hashlib.sha256(entry).hexdigest() for name, entry in bundle.entries.items()}
    manifest = json.dumps({"schema": SCHEMA, **bundle.facts, "sha256": digests}, indent=1).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, entry in {MANIFEST: manifest, **bundle.entries}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), entry, zipfile.ZIP_DEFLATED)
    return buffer.getvalue(), hashlib.sha256(manifest).hexdigest()


def opened(content: bytes) -> tuple[Bundle, str]:
    """Return the problem in a file, and its seal, every digest compared.

    Raises:
        BundleError: it is no such file, lacks something, or was changed.
    """
    entries = _unpacked(content)
    manifest = entries.pop(MANIFEST, None)
    if manifest is None:
        raise BundleError("This is no file of a problem: it has no manifest.json.")
    facts = Bundle({}, {MANIFEST: manifest}).document(MANIFEST)
    if facts.pop("schema", None) != SCHEMA:
        raise BundleError(f"This version opens files of the schema {SCHEMA} alone.")
    if not all(isinstance(facts.get(name), str) for name in FACTS):
        raise BundleError("The manifest of the problem does not say what it is of.")
    digests = facts.pop("sha256", None)
    found = {name: hashlib.sha256(entry).hexdigest() for name, entry in entries.items()}
    if found != digests:
        raise BundleError("The file of the problem was changed: a digest does not fit.")
    if not any(name in entries for name in FILMS) or not set(DOCUMENTS) <= entries.keys():
        raise BundleError("The file of the problem lacks the film or a document.")
    return Bundle(facts, entries), hashlib.sha256(manifest).hexdigest()


def _unpacked(content: bytes) -> dict[str, bytes]:
    allowed = {MANIFEST, *FILMS, *DOCUMENTS, *OTHERS}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if not {info.filename for info in infos} <= allowed:
                raise BundleError("The file of the problem holds what does not belong there.")
            if sum(info.file_size for info in infos) > LARGEST:
                raise BundleError("The file of the problem is larger than any film.")
            return {info.filename: _entry(archive, info) for info in infos}
    except _DAMAGES as error:
        raise BundleError("This is no zip file, or a damaged one.") from error


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return an entry; not more of it is inflated than it says that it has."""
    if info.compress_type not in _BOUNDED:
        raise BundleError("The file of the problem is compressed in another way than it is made.")
    with archive.open(info) as entry:
        return entry.read(info.file_size)
