"""What became of a workitem's films: whether they are graded and stored, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pydicom.dataset import Dataset

from radiograde.service.config.archives import ArchiveConfig
from radiograde.service.config.site import DicomDestinationConfig
from radiograde.service.delivery.delivery_repository import DeliveryRepository
from radiograde.service.films.film_repository import Film, FilmRepository
from radiograde.service.retrieve_errors import UnperformedError
from radiograde.service.reviews.withdrawal import SentObject
from radiograde.service.reviews.withdrawal_repository import WithdrawalRepository


@dataclass(frozen=True, slots=True)
class Outputs:
    """Looks results up; safe to share among threads. ``archives``: destinations, by name."""

    films: FilmRepository
    deliveries: DeliveryRepository
    withdrawals: WithdrawalRepository
    archives: Mapping[str, ArchiveConfig]

    def of(self, uids: Sequence[str]) -> list[Dataset] | None:
        """Return items of Output Information Sequence for films; None while they are in hand.

        They name the objects that archives were sent. None of a film that was not graded beside
        others.

        Raises:
            UnperformedError: none of the films could be graded, or an archive could not be sent
                the results in the end.
            StoreError: the database does not answer.
        """
        found = self.films.of_instances(uids)
        if any(film.state == "waiting" or film.corrected is not None for film in found):
            return None
        graded = [film for film in found if film.state == "graded"]
        if not graded:
            reasons = sorted({film.reason or film.state for film in found})
            raise UnperformedError(f"No film could be graded: {', '.join(reasons) or 'none'}.")
        to_archives = [
            one
            for one in self.deliveries.of_films([film.id for film in graded])
            if one.destination in self.archives
        ]
        if any(one.state == "waiting" for one in to_archives):
            return None
        if parked := sorted({one.destination for one in to_archives if one.state == "parked"}):
            raise UnperformedError(f"The results could not be stored in {', '.join(parked)}.")
        return [item for film in graded for item in self._items(film)]

    def _items(self, film: Film) -> Iterator[Dataset]:
        for name, archive in self.archives.items():
            sent = [one for one in self.withdrawals.sent_to(film.id, name) if one.sop_class_uid]
            for (study, series), objects in groupby(sorted(sent, key=_series), key=_series):
                yield _item(archive, study, series, list(objects))


def _series(one: SentObject) -> tuple[str, str]:
    return str(one.study_instance_uid), str(one.series_instance_uid)


def _item(
    archive: ArchiveConfig, study: str, series: str, objects: Sequence[SentObject]
) -> Dataset:
    """Return a series of objects and where to have them, PS3.3 Table 10-3b."""
    ds = Dataset()
    ds.TypeOfInstances = "DICOM"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
    ds.ReferencedSOPSequence = [_reference(one) for one in objects]
    place = Dataset()
    if isinstance(archive, DicomDestinationConfig):
        place.RetrieveAETitle = archive.aet
        ds.DICOMRetrievalSequence = [place]
    else:
        place.RetrieveURL = f"{archive.url.rstrip('/')}/studies/{study}/series/{series}"
        ds.WADORSRetrievalSequence = [place]
    return ds


def _reference(one: SentObject) -> Dataset:
    ds = Dataset()
    ds.ReferencedSOPClassUID, ds.ReferencedSOPInstanceUID = one.sop_class_uid, one.name
    return ds
