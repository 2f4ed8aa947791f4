"""A DICOM node that takes C-STORE."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import (
    UID,
    Comprehensive3DSRStorage,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    ImplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from radiograde.service.config.site import DicomDestinationConfig, ObjectKind
from radiograde.service.delivery.destinations.association import associated, endpoint
from radiograde.service.delivery.destinations.commitment_request import (
    CONTEXT,
    request_commitment,
)
from radiograde.service.delivery.destinations.destination import Finding, Taken, run_steps
from radiograde.service.delivery.destinations.storage_outcome import (
    Fault,
    fault_of,
    judge_status,
    log_warning,
    raise_for,
)
from radiograde.service.documents.document import Document
from radiograde.service.documents.lossless_jpeg import COMPRESSED, uncompressed
from radiograde.service.errors import RefusedError, UnreachableError

_SLOWEST_LINK = 100_000
"""Bytes a second; the wait for an answer begins before a document is sent, so it grows with it."""

_UNSUPPORTED = (3, 4)
"""A context's result, PS3.8 Table 9-18: the class, or its transfer syntaxes, are not supported."""

CLASSES: dict[ObjectKind, UID] = {
    "sr": Comprehensive3DSRStorage,
    "seg": SegmentationStorage,
    "sc": SecondaryCaptureImageStorage,
    "pr": GrayscaleSoftcopyPresentationStateStorage,
    "doc": EncapsulatedPDFStorage,
}
"""The storage class of each document, PS3.4 B.5."""


class DicomDestination:
    """Stores a result's documents in one association."""

    def __init__(self, node: DicomDestinationConfig) -> None:
        self.name = node.name
        self._node = node
        self._where = str(endpoint(node))

    @property
    def commits(self) -> bool:
        """Whether the site file has it asked for storage commitment."""
        return self._node.commitment

    def commit(self, transaction_uid: str, objects: Mapping[str, str]) -> list[frozenset[str]]:
        """Ask for storage commitment; see :func:`.commitment_request.request_commitment`."""
        return request_commitment(self._node, transaction_uid, objects)

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        """Store every document as it is encoded; uncompressed, or in Implicit VR, where need be.

        A warning (PS3.4 B.2.3) is a document stored; it is logged.

        Raises:
            UnreachableError: no association, for whatever reason; or the node had no room, gave no
                leave, or failed in processing.
            RefusedError: a class or transfer syntax that it does not take, or a document that it
                does not understand.
        """
        datasets = [_read(document) for document in documents]
        if not datasets:
            return
        faults: list[Fault] = []
        with associated(self._node, _contexts(datasets)) as association:
            for document, ds in zip(documents, datasets, strict=True):
                fault = _unsupported(association, document, ds) or self._store(
                    association, document, _as_taken(association, ds), result_id
                )
                faults += [fault] if fault else []
        raise_for(self._where, faults)

    def withdraw(self, taken: Taken, result_id: str) -> None:
        """Store the rejection note. Raises as :meth:`send`."""
        if taken.note is not None:
            self.send([taken.note], result_id)

    def check(self) -> list[Finding]:
        """Return what an association, a C-ECHO and the offered storage classes came to."""
        return _check(self._node)

    def _store(
        self, association: Association, document: Document, ds: Dataset, result_id: str
    ) -> Fault | None:
        size = max(len(document.content), len(ds.get("PixelData", b"")))
        association.dimse_timeout = self._node.timeout_s + size / _SLOWEST_LINK
        try:
            answer = association.send_c_store(ds)
        except RuntimeError:
            raise self._lost() from None
        if "Status" not in answer:
            raise self._lost()
        if judge_status(answer.Status) == "warned":
            log_warning(self.name, result_id, document.kind, answer.Status)
        return fault_of(document.kind, answer.Status)

    def _lost(self) -> UnreachableError:
        return UnreachableError(
            f"{self._where} ended the association, or stopped answering, before all documents "
            f"were stored. It is tried again later; if this goes on, see whether it lets "
            f"{self._node.calling_aet} store."
        )


def _read(document: Document) -> FileDataset:
    try:
        ds = dcmread(io.BytesIO(document.content))
    except InvalidDicomError as error:
        raise RefusedError(f"{document.kind} is no DICOM object. Take it out of `send`.") from error
    return ds


def _syntaxes(ds: Dataset) -> tuple[UID, ...]:
    """Return what a document may travel as, the best first; the default syntax too, PS3.5 10.1."""
    own: UID = ds.file_meta.TransferSyntaxUID
    if own not in (COMPRESSED, ExplicitVRLittleEndian):
        return (own,)
    return tuple(dict.fromkeys((own, ExplicitVRLittleEndian, ImplicitVRLittleEndian)))


def _contexts(datasets: Sequence[FileDataset]) -> list[PresentationContext]:
    pairs = dict.fromkeys((ds.SOPClassUID, syntax) for ds in datasets for syntax in _syntaxes(ds))
    return [build_context(sop_class, syntax) for sop_class, syntax in pairs]


def _unsupported(association: Association, document: Document, ds: FileDataset) -> Fault | None:
    if any(_fits(context, ds) for context in association.accepted_contexts):
        return None
    results = [context.result for context in association.rejected_contexts if _fits(context, ds)]
    why = f"it does not take {ds.SOPClassUID.name} from this title"
    return Fault(document.kind, why, passing=not all(result in _UNSUPPORTED for result in results))


def _fits(context: PresentationContext, ds: FileDataset) -> bool:
    return context.abstract_syntax == ds.SOPClassUID and context.transfer_syntax[0] in _syntaxes(ds)


def _as_taken(association: Association, ds: FileDataset) -> Dataset:
    """Return a document, uncompressed where the node does not take its compression."""
    own = ds.file_meta.TransferSyntaxUID
    taken = any(
        context.abstract_syntax == ds.SOPClassUID and context.transfer_syntax[0] == own
        for context in association.accepted_contexts
    )
    return ds if taken or own != COMPRESSED else uncompressed(ds)


def _check(node: DicomDestinationConfig) -> list[Finding]:
    """Return findings on name, connection, association, C-ECHO and each class to be sent."""
    where = endpoint(node)
    findings = run_steps(
        [(f"{node.host} is found", where.resolve), (f"{where} accepts connections", where.connect)]
    )
    if findings[-1].level == "ok":
        findings += _talk(node)
    return findings


def _talk(node: DicomDestinationConfig) -> Iterator[Finding]:
    what = f"{node.aet} accepts an association from {node.calling_aet}"
    try:
        with associated(node, _check_contexts(node)) as association:
            yield Finding(what, "ok")
            yield _echo(association)
            yield from (_accepts(association, kind) for kind in node.send)
            if node.commitment:
                yield _accepts_commitment(association)
    except UnreachableError as error:
        yield Finding(what, "fail", error.message)


def _check_contexts(node: DicomDestinationConfig) -> list[PresentationContext]:
    classes = [UID(Verification), *(CLASSES[kind] for kind in node.send)]
    syntaxes: list[str | UID] = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, COMPRESSED]
    contexts = [build_context(sop_class, syntaxes) for sop_class in classes]
    return [*contexts, CONTEXT] if node.commitment else contexts


def _echo(association: Association) -> Finding:
    what = "C-ECHO is answered"
    try:
        answer = association.send_c_echo()
    except (RuntimeError, ValueError):
        return Finding(what, "warn", "It takes no C-ECHO. It may store all the same.")
    if "Status" in answer and answer.Status == 0:
        return Finding(what, "ok")
    return Finding(what, "fail", "It does not answer a C-ECHO as it should. Its log may say why.")


def _accepts_commitment(association: Association) -> Finding:
    what = "takes requests of storage commitment"
    accepted = {context.abstract_syntax for context in association.accepted_contexts}
    if CONTEXT.abstract_syntax in accepted:
        return Finding(what, "ok")
    return Finding(what, "fail", "Have the node take them, or take `commitment` out.")


def _accepts(association: Association, kind: ObjectKind) -> Finding:
    sop_class = CLASSES[kind]
    what = f"takes {kind} ({sop_class.name})"
    if any(context.abstract_syntax == sop_class for context in association.accepted_contexts):
        return Finding(what, "ok")
    advice = f"Have the node accept {sop_class.name}, or leave {kind} out of `send`."
    return Finding(what, "fail", advice)
