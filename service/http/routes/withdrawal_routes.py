"""``/v1/results/{id}/withdrawal``: a result that is taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from radiograde.model.errors import NotFoundError
from radiograde.service.delivery.withdrawal_recorder import WithdrawalRecorder
from radiograde.service.http.caller import Caller, permit
from radiograde.service.http.parameters import FilmId
from radiograde.service.http.problems import UNREADABLE_BODY, problems
from radiograde.service.http.runtime import Service
from radiograde.service.http.schemas import Withdrawal
from radiograde.service.reviews.withdrawal import WithdrawalRequest

router = APIRouter(prefix="/v1/results/{id}/withdrawal", tags=["reviews"])


async def _recorder(request: Request) -> WithdrawalRecorder:
    recorder: WithdrawalRecorder = request.app.state.withdrawals
    return recorder


Recorder = Annotated[WithdrawalRecorder, Depends(_recorder)]


@router.get(
    "",
    operation_id="getWithdrawal",
    summary="Return by whom and why a result was withdrawn",
    dependencies=[permit("read")],
    responses={
        200: {"model": Withdrawal},
        **problems(
            s404="No such result, or it was not withdrawn",
            s422="The id is not valid",
            s503="The store is away",
        ),
    },
    response_class=Response,
)
def get_withdrawal(service: Service, id: FilmId) -> Response:
    """Return the withdrawal that the result is under."""
    service.records.results.get(id)
    found = service.records.withdrawals.standing(id)
    if found is None:
        raise NotFoundError("The result was not withdrawn.")
    return JSONResponse(found.to_json())


@router.post(
    "",
    operation_id="withdrawResult",
    summary="Withdraw a result, here and wherever it was sent",
    status_code=201,
    responses={
        201: {"description": "The result no longer counts", "model": Withdrawal},
        **UNREADABLE_BODY,
        **problems(s404="No such result", s422="The reason is not valid", s503="The store is away"),
    },
    response_class=Response,
    dependencies=[permit("review"), permit("deliver")],
)
def withdraw_result(
    id: FilmId, caller: Caller, recorder: Recorder, body: WithdrawalRequest
) -> Response:
    """Withdraw it under the caller's name; one that was withdrawn before stays as it was."""
    made = recorder.withdraw(id, caller.name, body.words(), body.code)
    return JSONResponse(made.to_json(), 201)
