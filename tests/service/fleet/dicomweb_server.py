"""A DICOMweb server of a few studies: QIDO-RS by day, WADO-RS by instance, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from radiograde.service.config.site import DicomWebDestinationConfig
from tests.service.delivery.web import Reply, Request, running_web

JSON = {"Content-Type": "application/dicom+json"}
DICOM = {"Content-Type": "application/dicom"}
DX = "1.2.840.10008.5.1.4.1.1.1.1"

Wrong = Callable[[Request], Reply | None]
"""An answer other than the server's; None: the server's."""


@contextmanager
def dicomweb_server(
    films: Mapping[str, bytes], wrong: Wrong = lambda _: None
) -> Iterator[DicomWebDestinationConfig]:
    """Serve films by the day of their studies, each in a study whose UID ends in the day."""

    def answer(request: Request) -> Reply:
        found = wrong(request)
        if found is not None:
            return found
        parts = urlsplit(request.path)
        steps = parts.path.strip("/").split("/")
        if len(steps) == 6 and steps[4] == "instances":
            return Reply(200, films[steps[1].removeprefix("1.2.")], DICOM)
        if len(steps) == 1:
            keys = parse_qs(parts.query)
            first = keys["StudyDate"][0].split("-")[0]
            days = [first] if first in films and keys["offset"] == ["0"] else []
            return Reply(200, [_study(day) for day in days], JSON)
        return Reply(200, [_instance(steps[1].removeprefix("1.2."))], JSON)

    with running_web(answer) as web:
        yield DicomWebDestinationConfig(type="dicomweb", name="pacs", url=web.url, timeout_s=5)


def _study(day: str) -> dict[str, object]:
    return _values({"0020000D": ("UI", f"1.2.{day}"), "00080020": ("DA", day)})


def _instance(day: str) -> dict[str, object]:
    return _values(
        {
            "0020000D": ("UI", f"1.2.{day}"),
            "0020000E": ("UI", f"1.2.{day}.1"),
            "00080018": ("UI", f"1.2.{day}.1.1"),
            "00080016": ("UI", DX),
            "00080060": ("CS", "DX"),
        }
    )


def _values(attributes: Mapping[str, tuple[str, str]]) -> dict[str, object]:
    return {tag: {"vr": vr, "Value": [value]} for tag, (vr, value) in attributes.items()}
