"""``/v1/results/{id}/priors``: earlier films of the patient, fetched from the PACS."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from radiograde.service.http.parameters import FilmId
from radiograde.service.http.problems import problems
from radiograde.service.http.runtime import Service
from radiograde.service.http.schemas import Priors
from radiograde.service.priors.prior_repository import PriorFetch

router = APIRouter(prefix="/v1/results/{id}/priors", tags=["viewing"])

_NOT_ASKED = {"state": "off", "films": 0, "error": None, "message": None}
_PROBLEMS = problems(s404="No such film", s422="The id is not valid", s503="The store is away")


@router.get(
    "",
    operation_id="getPriors",
    summary="Return what became of fetching a patient's earlier films",
    responses={200: {"model": Priors}, **_PROBLEMS},
    response_class=Response,
)
def get_priors(service: Service, id: FilmId) -> Response:
    """Return it for the film's study; fetched films are in the history."""
    return _answer(service.records.priors.of_film(id))


@router.post(
    "",
    operation_id="fetchPriors",
    summary="Have a patient's earlier films fetched from the PACS",
    responses={200: {"model": Priors}, **_PROBLEMS},
    response_class=Response,
)
def fetch_priors(service: Service, id: FilmId) -> Response:
    """Record that they are to be fetched, once for each study; what failed is begun anew.

    The page asks so when a film is opened.
    """
    return _answer(service.records.priors.ask(id))


def _answer(fetch: PriorFetch | None) -> Response:
    return JSONResponse(_NOT_ASKED if fetch is None else fetch.to_json())
