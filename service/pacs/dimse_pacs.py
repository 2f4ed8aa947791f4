"""A DICOM node as a PACS: C-FIND, then C-MOVE to the own node or C-GET; PS3.4 annex C."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import _config
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext, build_context

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.codecs import JPEG, JPEG_2000, JPEG_LS, NATIVE, RLE
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_attributes import FILM_CLASSES
from radiograde.service.config.site import AeTitle, DicomDestinationConfig
from radiograde.service.delivery.destinations.association import Receiver, associated, endpoint
from radiograde.service.delivery.destinations.destination import Finding, Step, run_steps
from radiograde.service.errors import UnreachableError
from radiograde.service.pacs.identifiers import (
    IMAGE_KEYS,
    SERIES_KEYS,
    Attributes,
    DataSetAttributes,
    data_set,
    image_of,
    study_keys,
    study_of,
)
from radiograde.service.pacs.query_retrieve import (
    MOST_FOUND,
    FoundImage,
    FoundStudy,
    Keep,
    StudyQuery,
    nobody,
)
from radiograde.service.pacs.retrieve_status import (
    is_pending,
    raise_for_status,
    raise_if_unknown,
)
from radiograde.service.retrieve_errors import RetrieveError

FIND = UID("1.2.840.10008.5.1.4.1.2.2.1")
MOVE = UID("1.2.840.10008.5.1.4.1.2.2.2")
GET = UID("1.2.840.10008.5.1.4.1.2.2.3")
"""Study Root Query/Retrieve Information Model, PS3.4 C.6.2.3."""

_CANNOT_STORE = 0xA702
"""Unable to perform sub-operations: answered to a C-STORE that could not be kept."""

_SYNTAXES: Sequence[UID] = (*NATIVE, *JPEG, *JPEG_LS, *JPEG_2000, RLE)


class DimsePacs:
    """Asks a node for films; ``own_title``: of the node that they are moved to."""

    def __init__(self, node: DicomDestinationConfig, own_title: AeTitle) -> None:
        self.name = node.name
        self._node = node
        self._own_title = own_title

    @contextmanager
    def session(self) -> Iterator[DimseSession]:
        """Yield a conversation over one association.

        Raises:
            UnreachableError: there is no association, for whatever reason.
        """
        _config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
        received = _Received()
        gets = self._node.retrieve == "get"
        contexts = _contexts(GET if gets else MOVE)
        receiver = Receiver(sorted(FILM_CLASSES), received.take) if gets else None
        with associated(self._node, contexts, receiver=receiver) as association:
            yield DimseSession(association, self._node, self._own_title, received)

    def check(self) -> list[Finding]:
        """Return what an association, a C-FIND and a C-MOVE or C-GET of no study came to."""
        where = endpoint(self._node)
        steps: list[Step] = [(f"{where} accepts connections", where.connect)]
        by = "C-GET" if self._node.retrieve == "get" else f"C-MOVE to {self._own_title}"
        steps += [
            (f"{self._node.aet} answers C-FIND", partial(self._try, find=True)),
            (f"{self._node.aet} offers {by}", partial(self._try, find=False)),
        ]
        return run_steps(steps)

    def _try(self, *, find: bool) -> None:
        with self.session() as session:
            session.find_nothing() if find else session.retrieve_nothing()


class _Received:
    """Gives what comes by C-GET to whoever waits for it, and keeps what that raised."""

    def __init__(self) -> None:
        self.keep: Keep | None = None
        self.error: RadiogradeError | None = None

    def take(self, event: Event) -> int:
        if self.keep is None:
            return _CANNOT_STORE
        try:
            self.keep(event.encoded_dataset())
        except RadiogradeError as error:
            self.error = error
            return error.dimse_status
        return 0


class DimseSession:
    """A conversation over an association; see :class:`PacsSession`."""

    def __init__(
        self,
        association: Association,
        node: DicomDestinationConfig,
        own_title: AeTitle,
        received: _Received,
    ) -> None:
        self._association = association
        self._node = node
        self._own_title = own_title
        self._received = received
        self._where = str(endpoint(node))

    def studies(self, query: StudyQuery) -> list[FoundStudy]:
        """Return the studies that a query finds."""
        found = map(study_of, self._find("STUDY", study_keys(query)))
        return [study for study in found if study is not None]

    def images(self, study_instance_uid: str, modalities: Collection[str] = ()) -> list[FoundImage]:
        """Return the instances of a study, or of its series of some modalities."""
        images: list[FoundImage | None] = []
        study = {"StudyInstanceUID": study_instance_uid}
        for series in self._find("SERIES", dict.fromkeys(SERIES_KEYS, "") | study):
            if modalities and not set(series.values("Modality")) & set(modalities):
                continue
            for uid in series.values("SeriesInstanceUID"):
                keys = dict.fromkeys(IMAGE_KEYS, "") | study | {"SeriesInstanceUID": uid}
                found = self._find("IMAGE", keys)
                images += [image_of(one, series, study_instance_uid) for one in found]
        return [image for image in images if image is not None]

    def retrieve(self, image: FoundImage, keep: Keep) -> None:
        """Have an instance moved to the own node, or given to ``keep``."""
        keys = {
            "StudyInstanceUID": image.study_instance_uid,
            "SeriesInstanceUID": image.series_instance_uid,
            "SOPInstanceUID": image.sop_instance_uid,
        }
        self._received.keep, self._received.error = keep, None
        try:
            self._retrieve(data_set("IMAGE", keys))
        except RetrieveError:
            # It was refused on this side, and that is why the other reports a failure.
            if self._received.error is not None:
                raise self._received.error from None
            raise
        finally:
            self._received.keep = None
        if self._received.error is not None:
            raise self._received.error

    def find_nothing(self) -> None:
        """Ask for a study that nobody has. Raises as :meth:`studies`."""
        self._find("STUDY", {"StudyInstanceUID": nobody(), "StudyDate": ""})

    def retrieve_nothing(self) -> None:
        """Ask to be sent a study that nobody has. Raises as :meth:`retrieve`.

        That there is none is no error; that the own node is not known is one, where the PACS looks
        for that first.
        """
        self._retrieve(data_set("STUDY", {"StudyInstanceUID": nobody()}), nothing=True)

    def _find(self, level: str, keys: Mapping[str, str]) -> list[Attributes]:
        self._check_accepted(FIND, "C-FIND")
        found: list[Attributes] = []
        try:
            for status, answer in self._association.send_c_find(data_set(level, keys), FIND):
                if not is_pending(self._code(status)):
                    raise_for_status(status, "C-FIND", self._where, self._own_title)
                elif answer is not None:
                    found.append(DataSetAttributes(Header(answer)))
                if len(found) > MOST_FOUND:
                    raise RetrieveError(f"{self._where} answers a query without end.")
        except RuntimeError:
            raise self._lost() from None
        return found

    def _retrieve(self, ds: Dataset, *, nothing: bool = False) -> None:
        gets = self._node.retrieve == "get"
        model, operation = (GET, "C-GET") if gets else (MOVE, "C-MOVE")
        self._check_accepted(model, operation)
        association = self._association
        try:
            answers = (
                association.send_c_get(ds, model)
                if gets
                else association.send_c_move(ds, self._own_title, model)
            )
            for status, _ in answers:
                if not is_pending(self._code(status)):
                    judge = raise_if_unknown if nothing else raise_for_status
                    judge(status, operation, self._where, self._own_title)
        except RuntimeError:
            raise self._lost() from None

    def _code(self, status: Dataset) -> int:
        if "Status" not in status:
            raise self._lost()
        return int(status.Status)

    def _check_accepted(self, model: UID, name: str) -> None:
        if not any(one.abstract_syntax == model for one in self._association.accepted_contexts):
            raise RetrieveError(
                f"{self._where} offers no {name} (Study Root) to {self._node.calling_aet}. Give "
                "this title leave to query and retrieve there"
                + (", or fetch by C-GET: `retrieve`." if name == "C-MOVE" else ".")
            )

    def _lost(self) -> UnreachableError:
        return UnreachableError(
            f"{self._where} ended the association, or did not answer within "
            f"{self._node.timeout_s:g} s, while it was asked for films. It is tried again later."
        )


def _contexts(model: UID) -> list[PresentationContext]:
    """Return what is offered; for C-GET one context for each way in which a film may travel."""
    contexts = [build_context(FIND), build_context(model)]
    if model == GET:
        contexts += [
            build_context(sop_class, syntax)
            for sop_class in sorted(FILM_CLASSES)
            for syntax in _SYNTAXES
        ]
    return contexts
