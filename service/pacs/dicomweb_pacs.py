"""A DICOMweb server as a PACS: QIDO-RS and WADO-RS, PS3.18 10.6 and 10.4."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import quote, urlencode

from python_multipart.multipart import parse_options_header

from radiograde.model.limits import Limits
from radiograde.service.config.site import DicomWebDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding, run_steps
from radiograde.service.delivery.destinations.http_answer import describe, is_final
from radiograde.service.delivery.destinations.http_client import HttpClient
from radiograde.service.errors import UnreachableError
from radiograde.service.pacs.identifiers import (
    IMAGE_KEYS,
    SERIES_KEYS,
    STUDY_KEYS,
    JsonAttributes,
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
from radiograde.service.retrieve_errors import RetrieveError

_JSON = "application/dicom+json"
_FILM = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_SLACK_BYTES = 2**16
"""What stands around an instance."""

_PAGE = 200
"""Studies asked for at a time; a server may give fewer."""

_ADVICE = {
    401: "Check `user` and `password_env`, or `token_env`.",
    403: "Give this user leave to query and retrieve there.",
}


class DicomWebPacs:
    """Asks a server for films."""

    def __init__(self, server: DicomWebDestinationConfig, limits: Limits) -> None:
        """Take the secrets from their variables. ``limits``: of a film.

        Raises:
            SiteError: such a variable is empty, or holds what no token is.
        """
        self.name = server.name
        self._client = HttpClient(server)
        self._limits = limits

    @contextmanager
    def session(self) -> Iterator[DicomWebSession]:
        """Yield a conversation; nothing is connected yet."""
        yield DicomWebSession(self._client, self._limits.max_bytes)

    def check(self) -> list[Finding]:
        """Return what address, sign-in and a query for a study that nobody has came to."""
        return run_steps([*self._client.reachable_steps(), ("answers QIDO-RS", self._find_nothing)])

    def _find_nothing(self) -> None:
        with self.session() as session:
            session.find_nothing()


class DicomWebSession:
    """A conversation; see :class:`PacsSession`."""

    def __init__(self, client: HttpClient, most_bytes: int) -> None:
        self._client = client
        self._most_bytes = most_bytes
        self._where = str(client.where)

    def studies(self, query: StudyQuery) -> list[FoundStudy]:
        """Return the studies that a query finds, page by page."""
        keys = {name: value for name, value in study_keys(query).items() if value}
        found: dict[str, FoundStudy] = {}
        offset = 0
        while page := self._query("/studies", keys, STUDY_KEYS, offset):
            offset += len(page)
            new = {one.study_instance_uid: one for one in map(study_of, page) if one is not None}
            if new.keys() <= found.keys():  # it knows no pages
                break
            found |= new
            if len(found) > MOST_FOUND:
                raise RetrieveError(f"{self._where} answers a query without end.")
        return list(found.values())

    def images(self, study_instance_uid: str, modalities: Collection[str] = ()) -> list[FoundImage]:
        """Return the instances of a study, or of its series of some modalities."""
        study = f"/studies/{quote(study_instance_uid)}"
        images: list[FoundImage | None] = []
        for series in self._query(f"{study}/series", {}, SERIES_KEYS):
            if modalities and not set(series.values("Modality")) & set(modalities):
                continue
            for uid in series.values("SeriesInstanceUID"):
                found = self._query(f"{study}/series/{quote(uid)}/instances", {}, IMAGE_KEYS)
                images += [image_of(one, series, study_instance_uid) for one in found]
        return [image for image in images if image is not None]

    def retrieve(self, image: FoundImage, keep: Keep) -> None:
        """Have an instance, as the server keeps it, given to ``keep``."""
        path = (
            f"/studies/{quote(image.study_instance_uid)}/series/"
            f"{quote(image.series_instance_uid)}/instances/{quote(image.sop_instance_uid)}"
        )
        answer = self._client.download(path, _FILM, self._most_bytes + _SLACK_BYTES)
        self._check(answer.status, answer.retry_after_s, "WADO-RS")
        content = _instance_in(answer.content, answer.content_type)
        if content is None:
            raise RetrieveError(
                f"{self._where} answers WADO-RS with {answer.content_type or 'no type'}, where one "
                "instance in multipart/related was asked for."
            )
        keep(content)

    def find_nothing(self) -> None:
        """Ask for a study that nobody has. Raises as :meth:`studies`."""
        self._query("/studies", {"StudyInstanceUID": nobody()}, STUDY_KEYS)

    def _query(
        self, path: str, keys: Mapping[str, str], included: Sequence[str], offset: int = 0
    ) -> list[JsonAttributes]:
        parameters = [*keys.items(), *(("includefield", name) for name in included)]
        if path == "/studies":
            parameters += [("limit", str(_PAGE)), ("offset", str(offset))]
        answer = self._client.get(f"{path}?{urlencode(parameters)}", _JSON)
        if answer.status == 204:
            return []
        self._check(answer.status, answer.retry_after_s, "QIDO-RS")
        if not isinstance(answer.json, list):
            raise RetrieveError(
                f"{self._where} does not answer QIDO-RS in {_JSON}. Check that `url` is its "
                "DICOMweb root."
            )
        return [JsonAttributes(one) for one in answer.json if isinstance(one, dict)]

    def _check(self, status: int, retry_after_s: float, service: str) -> None:
        if status // 100 == 2:
            return
        advice = _ADVICE.get(status, "Its log may say why.")
        words = f"{self._where} answers {service} with {describe(status)}. {advice}"
        if is_final(status) or status == 404:
            raise RetrieveError(words)
        error = UnreachableError(words)
        error.retry_after_s = retry_after_s
        raise error


def _instance_in(body: bytes, content_type: str) -> bytes | None:
    """Return the instance in an answer of WADO-RS: its one part, or the whole; None: none."""
    media_type, options = parse_options_header(content_type)
    if media_type == b"application/dicom":
        return body
    boundary = options.get(b"boundary")
    if media_type != b"multipart/related" or not boundary:
        return None
    delimiter = b"--" + boundary
    head = body.find(delimiter)
    start = body.find(b"\r\n\r\n", head)
    end = body.find(b"\r\n" + delimiter, start)
    return body[start + 4 : end] if 0 <= head < start < end else None
