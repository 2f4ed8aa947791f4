"""A server of workitems (UPS-RS, PS3.18 section 11) that is also a PACS, for the tests.

Its states are those of PS3.4 CC.1.1; what a workitem needs before it ends is Table CC.2.5-3's.
"""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from pydicom import dcmread
from pydicom.dataset import Dataset
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from tests.orthanc import free_port

JSON = "application/dicom+json"
SECRET = ("TransactionUID",)
STATION = ("GRADER", "99SITE", "Grader of chest films")
PROCEDURE = ("GRADE", "99SITE", "Grading of a chest film")


def code(value: str, scheme: str, meaning: str) -> Dataset:
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, scheme, meaning
    return ds


def workitem(
    uid: str,
    films: Sequence[bytes],
    *,
    station: tuple[str, str, str] = STATION,
    readiness: str = "READY",
) -> Dataset:
    """Return a workitem whose input are these films."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.34.6.1", uid
    ds.ProcedureStepState, ds.InputReadinessState = "SCHEDULED", readiness
    ds.ScheduledStationNameCodeSequence = [code(*station)]
    ds.ScheduledWorkitemCodeSequence = [code(*PROCEDURE)]
    ds.PatientName, ds.PatientID = "Kim^Minjun", "P-1"
    ds.InputInformationSequence = [input_of(film) for film in films]
    return ds


def input_of(film: bytes) -> Dataset:
    header = dcmread(io.BytesIO(film), stop_before_pixels=True)
    reference, ds = Dataset(), Dataset()
    reference.ReferencedSOPClassUID = header.SOPClassUID
    reference.ReferencedSOPInstanceUID = header.SOPInstanceUID
    ds.TypeOfInstances = "DICOM"
    ds.StudyInstanceUID = header.StudyInstanceUID
    ds.SeriesInstanceUID = header.SeriesInstanceUID
    ds.ReferencedSOPSequence = [reference]
    return ds


class RefusedRequestError(Exception):
    """The request is answered with this status."""


@dataclass
class UpsServer:
    """Holds workitems by UID, the ``claims`` of each, films, and objects that were stored.

    ``lost``: requests whose answer is lost once each, as method and end of the path.
    ``before``: called with each request, as method and path.
    """

    url: str = ""
    workitems: dict[str, Dataset] = field(default_factory=dict)
    claims: Counter[str] = field(default_factory=Counter)
    films: dict[str, bytes] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    lost: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[str, str], object] = lambda method, path: None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, uid: str, *films: bytes, **more: Any) -> None:
        self.workitems[uid] = workitem(uid, films, **more)
        for film in films:
            self.films[str(dcmread(io.BytesIO(film)).SOPInstanceUID)] = film

    def states(self) -> Counter[str]:
        return Counter(str(one.ProcedureStepState) for one in self.workitems.values())

    def outputs(self, uid: str) -> dict[str, Dataset]:
        """Return the items of what a workitem says that it gave, by the instances in them."""
        (step,) = self.workitems[uid].UnifiedProcedureStepPerformedProcedureSequence
        return {
            str(reference.ReferencedSOPInstanceUID): item
            for item in step.OutputInformationSequence
            for reference in item.ReferencedSOPSequence
        }

    def app(self) -> Starlette:
        routes = [
            Route("/workitems", self._guarded(self._search), methods=["GET"]),
            Route("/workitems/{uid}", self._guarded(self._find), methods=["GET"]),
            Route("/workitems/{uid}", self._guarded(self._update), methods=["POST"]),
            Route("/workitems/{uid}/state", self._guarded(self._change), methods=["PUT"]),
            Route("/studies/{s}/series/{e}/instances/{uid}", self._guarded(self._retrieve)),
            Route("/studies", self._guarded(self._store), methods=["POST"]),
        ]
        return Starlette(routes=[Mount("/dicom-web", routes=routes)])

    def _guarded(self, answer: Callable[[Request, bytes], Response]) -> Callable[..., Any]:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            self.before(request.method, request.url.path)
            with self._lock:
                try:
                    answered = answer(request, body)
                except RefusedRequestError as error:
                    return Response(status_code=int(str(error)))
                for one in self.lost:
                    if one[0] == request.method and request.url.path.endswith(one[1]):
                        self.lost.remove(one)
                        return Response(status_code=504)
            return answered

        return endpoint

    def _search(self, request: Request, _: bytes) -> Response:
        query = request.query_params
        known = {"00741000", "00404025.00080100", "includefield", "limit", "offset"}
        assert set(query.keys()) <= known
        found = [
            one
            for one in self.workitems.values()
            if one.ProcedureStepState == query["00741000"]
            and query.get("00404025.00080100", one.ScheduledStationNameCodeSequence[0].CodeValue)
            == one.ScheduledStationNameCodeSequence[0].CodeValue
        ]
        begin, limit = int(query["offset"]), int(query["limit"])
        page = [_shown(one) for one in found[begin : begin + limit]]
        return JSONResponse(page, media_type=JSON) if page else Response(status_code=204)

    def _find(self, request: Request, _: bytes) -> Response:
        return JSONResponse([_shown(self._known(request))], media_type=JSON)

    def _update(self, request: Request, body: bytes) -> Response:
        ds, kept = _sent(body), self._known(request)
        if kept.ProcedureStepState in ("COMPLETED", "CANCELED") or "ProcedureStepState" in ds:
            raise RefusedRequestError(400)
        owner = kept.get("TransactionUID")
        if {ds.get("TransactionUID"), request.query_params.get("transaction-uid")} != {owner}:
            raise RefusedRequestError(400)
        kept.update({element.tag: element for element in ds})
        return Response()

    def _change(self, request: Request, body: bytes) -> Response:
        ds, kept = _sent(body), self._known(request)
        assert {element.keyword for element in ds} == {"TransactionUID", "ProcedureStepState"}
        wanted, state = ds.ProcedureStepState, kept.ProcedureStepState
        if wanted == "IN PROGRESS":
            if state != "SCHEDULED":
                raise RefusedRequestError(409)
            kept.TransactionUID = ds.TransactionUID
            self.claims[kept.SOPInstanceUID] += 1
        elif state == wanted:
            return Response(headers={"Warning": f"299 ups: The UPS is already {wanted}."})
        elif state != "IN PROGRESS" or ds.TransactionUID != kept.TransactionUID:
            raise RefusedRequestError(409 if state != "IN PROGRESS" else 400)
        elif not _may_end(kept, wanted):
            raise RefusedRequestError(409)
        kept.ProcedureStepState = wanted
        return Response()

    def _retrieve(self, request: Request, _: bytes) -> Response:
        film = self.films.get(request.path_params["uid"])
        if film is None:
            raise RefusedRequestError(404)
        return Response(film, media_type="application/dicom")

    def _store(self, request: Request, body: bytes) -> Response:
        boundary = request.headers["content-type"].split("boundary=")[1].strip('"').encode()
        references = []
        for part in body.split(b"--" + boundary)[1:-1]:
            content = part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
            ds = dcmread(io.BytesIO(content))
            before = self.stored.setdefault(str(ds.SOPInstanceUID), content)
            assert before == content, "one UID means one set of bytes"
            reference = Dataset()
            reference.ReferencedSOPClassUID = ds.SOPClassUID
            reference.ReferencedSOPInstanceUID = ds.SOPInstanceUID
            references.append(reference)
        account = Dataset()
        account.ReferencedSOPSequence = references
        return JSONResponse(account.to_json_dict(), media_type=JSON)

    def _known(self, request: Request) -> Dataset:
        kept = self.workitems.get(request.path_params["uid"])
        if kept is None:
            raise RefusedRequestError(404)
        return kept


def _sent(body: bytes) -> Dataset:
    (document,) = json.loads(body)
    return Dataset.from_json(document)


def _shown(kept: Dataset) -> dict[str, Any]:
    """Return a workitem without what its owner alone knows."""
    shown = Dataset()
    shown.update({one.tag: one for one in kept if one.keyword not in SECRET})
    document: dict[str, Any] = shown.to_json_dict()
    return document


def _may_end(kept: Dataset, state: str) -> bool:
    if state == "CANCELED":
        (step,) = kept.get("ProcedureStepProgressInformationSequence") or [Dataset()]
        return "ProcedureStepCancellationDateTime" in step and bool(step.ReasonForCancellation)
    (step,) = kept.get("UnifiedProcedureStepPerformedProcedureSequence") or [Dataset()]
    return (
        all(
            step.get(name)
            for name in (
                "PerformedStationNameCodeSequence",
                "PerformedWorkitemCodeSequence",
                "PerformedProcedureStepStartDateTime",
                "PerformedProcedureStepEndDateTime",
            )
        )
        and "OutputInformationSequence" in step
    )


@contextmanager
def running_ups_server() -> Iterator[UpsServer]:
    """Start a server on localhost."""
    port = free_port()
    ups = UpsServer(f"http://127.0.0.1:{port}/dicom-web")
    config = uvicorn.Config(ups.app(), port=port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.02)
            assert thread.is_alive()
        yield ups
    finally:
        server.should_exit = True
        thread.join(20)
