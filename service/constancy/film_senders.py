"""Sending a drawn film in by each interface, as a device or a program would."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from radiograde.service.config.constancy_config import CONSTANCY, ConstancyConfig, ConstancySource
from radiograde.service.config.site import (
    DicomDestinationConfig,
    DicomWebDestinationConfig,
    HttpEndpointConfig,
    NodeConfig,
)
from radiograde.service.delivery.destinations.dicom_destination import DicomDestination
from radiograde.service.delivery.destinations.dicomweb_destination import DicomWebDestination
from radiograde.service.delivery.destinations.http_answer import raise_for_status
from radiograde.service.delivery.destinations.http_client import HttpClient
from radiograde.service.documents.document import Document

Send = Callable[[str, bytes], None]
"""Sends a film with its SOP Instance UID; raises DeliveryError where it is refused."""

_DICOM = "application/dicom"
_TIMEOUT_S = 60.0


def film_senders(config: ConstancyConfig, node: NodeConfig) -> Mapping[ConstancySource, Send]:
    """Return how a film is sent in by each interface that the site file names.

    Raises:
        SiteError: the variable that holds the key is empty, or holds what no token is.
    """
    makers: Mapping[ConstancySource, Callable[[], Send]] = {
        "http": lambda: _by_http(config),
        "dicomweb": lambda: _by_stow(config),
        "dicom": lambda: _by_c_store(config, node),
    }
    return {name: makers[name]() for name in config.sources}


def _by_http(config: ConstancyConfig) -> Send:
    endpoint = HttpEndpointConfig(
        url=config.url, token_env=config.token_env, timeout_s=_TIMEOUT_S, tls=config.tls
    )
    client = HttpClient(endpoint)

    def send(_: str, content: bytes) -> None:
        answer = client.post("/v1/score", content, _DICOM, "application/json")
        raise_for_status(str(client.where), answer.status)

    return send


def _by_stow(config: ConstancyConfig) -> Send:
    server = DicomWebDestinationConfig(
        type="dicomweb",
        name=CONSTANCY,
        url=f"{config.url.rstrip('/')}/dicom-web",
        token_env=config.token_env,
        timeout_s=_TIMEOUT_S,
        tls=config.tls,
    )
    destination = DicomWebDestination(server)
    return lambda uid, content: destination.send([_film(uid, content)], uid)


def _by_c_store(config: ConstancyConfig, node: NodeConfig) -> Send:
    own = DicomDestinationConfig(
        type="dicom",
        name=CONSTANCY,
        aet=node.aet,
        host=config.host,
        port=node.port,
        calling_aet=config.calling_aet,
        timeout_s=_TIMEOUT_S,
        tls=config.tls,
    )
    destination = DicomDestination(own)
    return lambda uid, content: destination.send([_film(uid, content)], uid)


def _film(uid: str, content: bytes) -> Document:
    return Document("sc", "film.dcm", _DICOM, content, sop_instance_uid=uid)
