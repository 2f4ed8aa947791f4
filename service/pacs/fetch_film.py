"""Having one film of a PACS, and seeing that it is kept here."""

from __future__ import annotations

from radiograde.model.errors import TooLargeError
from radiograde.service.films.film_repository import FilmRepository
from radiograde.service.pacs.query_retrieve import FoundImage, Keep, PacsSession
from radiograde.service.retrieve_errors import RetrieveError


def fetch_film(session: PacsSession, image: FoundImage, keep: Keep, films: FilmRepository) -> None:
    """Have an instance, and return once it is among the films that are kept.

    Raises:
        RetrieveError: the PACS does not give it, it is too large, or it did not arrive. Others may
            come all the same.
        RadiogradeError: as :meth:`PacsSession.retrieve` and ``keep``.
    """
    try:
        session.retrieve(image, keep)
    except TooLargeError as error:
        raise RetrieveError(error.message) from error
    if not films.of_instances([image.sop_instance_uid]):
        raise RetrieveError(
            "The PACS says that it sent a film, and it did not arrive. See that the node of this "
            "installation runs (radiograde listen), and that the PACS knows its host and port."
        )
