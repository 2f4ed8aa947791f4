"""``/v1/problems``: problems with results, reported, answered, and as files that name nobody."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from radiograde.service.http.caller import Caller, permit
from radiograde.service.http.document_pool import Turn
from radiograde.service.http.parameters import FilmId, ProblemId
from radiograde.service.http.problems import UNREADABLE_BODY, Responses, problems
from radiograde.service.http.runtime import Runtime, Service
from radiograde.service.http.schemas import ReportedProblem, ReportedProblems
from radiograde.service.logs import recent_lines
from radiograde.service.problems.register import (
    Problem,
    ProblemChange,
    ProblemRegister,
    ProblemReport,
    as_csv,
)
from radiograde.service.problems.reporter import ProblemReporter

router = APIRouter(prefix="/v1", tags=["problems"])

_REPORTED: Responses = {
    201: {"description": "In the register, with its file", "model": ReportedProblem},
    **UNREADABLE_BODY,
    **problems(
        s404="No such result",
        s409="The film is no longer kept, or cannot be read",
        s422="What was sent is not valid",
        s503="The store is away, or too many are at work",
        s507="The file cannot be written to disk",
    ),
}


def _register(service: Service) -> ProblemRegister:
    return ProblemRegister(service.records.database, service.records.archive)


Register = Annotated[ProblemRegister, Depends(_register)]


@router.post(
    "/results/{id}/problems",
    operation_id="reportProblem",
    summary="Report a problem with a result",
    status_code=201,
    responses=_REPORTED,
    response_class=Response,
)
async def report_problem(
    service: Service,
    caller: Caller,
    turn: Turn,
    register: Register,
    id: FilmId,
    body: ProblemReport,
) -> Response:
    """Make the file of the problem, which names nobody, and enter it into the register."""
    work = partial(_report, service, register, id, caller.name, body.description)
    return JSONResponse((await turn.run(work)).to_json(), 201)


@router.get(
    "/problems",
    operation_id="listProblems",
    summary="List reported problems, newest first",
    responses={200: {"model": ReportedProblems}, **problems(s503="The store is away")},
    response_class=Response,
    dependencies=[permit("administer")],
)
def list_problems(register: Register) -> Response:
    """Return the whole register."""
    return JSONResponse({"problems": [entry.to_json() for entry in register.all()]})


@router.get(
    "/problems.csv",
    operation_id="getProblemsCsv",
    summary="Return the register of problems as CSV",
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        **problems(s503="The store is away"),
    },
    response_class=Response,
    dependencies=[permit("administer")],
)
def problems_csv(register: Register) -> Response:
    """Return a row an entry, newest first."""
    headers = {"Content-Disposition": 'attachment; filename="problems.csv"'}
    return Response(as_csv(register.all()), media_type="text/csv", headers=headers)


@router.post(
    "/problems/{id}",
    operation_id="changeProblem",
    summary="Write due day, state or answer of a problem",
    responses={
        200: {"model": ReportedProblem},
        **UNREADABLE_BODY,
        **problems(s404="No such problem", s422="It is not valid", s503="The store is away"),
    },
    response_class=Response,
    dependencies=[permit("administer")],
)
def change_problem(register: Register, id: ProblemId, body: ProblemChange) -> Response:
    """Return the entry as it is now; what is absent stays."""
    return JSONResponse(register.change(id, body).to_json())


@router.get(
    "/problems/{id}/file",
    operation_id="getProblemFile",
    summary="Return the sealed file of a problem",
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
        **problems(
            s404="No such problem",
            s409="Its file is gone",
            s422="The id is not valid",
            s503="The store is away",
        ),
    },
    response_class=Response,
)
def problem_file(register: Register, id: ProblemId) -> Response:
    """Return the file as it was made."""
    headers = {"Content-Disposition": f'attachment; filename="problem-{id}.zip"'}
    return Response(register.file(id), media_type="application/zip", headers=headers)


def _report(
    service: Runtime, register: ProblemRegister, id: str, reporter: str, description: str
) -> Problem:
    made = ProblemReporter(service.records, service.scorer, service.settings).make(
        id, recent_lines()
    )
    return register.add(id, reporter, description, made)
