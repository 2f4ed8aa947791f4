"""``/v1/monitor``: how the model is watched, what was noticed, and setting it aside."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from radiograde.service.grading.model_stop import ModelStop
from radiograde.service.http.caller import Caller
from radiograde.service.http.parameters import AlarmId
from radiograde.service.http.problems import UNREADABLE_BODY, problems
from radiograde.service.http.programme_schemas import (
    AlarmOfModel,
    ClearRequest,
    MonitorState,
    StopRequest,
)
from radiograde.service.http.runtime import Service
from radiograde.service.monitoring.model_monitor import Monitor
from radiograde.service.programme_errors import AlreadyStoppedError

router = APIRouter(prefix="/v1/monitor", tags=["models"])


async def _stop(service: Service) -> ModelStop:
    return ModelStop(service.records)


Stop = Annotated[ModelStop, Depends(_stop)]


@router.get(
    "",
    operation_id="getMonitor",
    summary="Return how films and scores compare with earlier ones, and the alarms",
    responses={200: {"model": MonitorState}, **problems(s503="The store is away")},
    response_class=Response,
)
def get_monitor(service: Service) -> Response:
    """Look at the films of now; alarms are raised by the worker, once an hour."""
    records = service.records
    monitor = Monitor(records.database, service.settings.monitor, records.notices)
    report = monitor.report(service.scorer)
    return JSONResponse({**report.to_json(), "held": records.stopped_films.count()})


@router.post(
    "/stop",
    operation_id="stopModel",
    summary="Set the model aside",
    status_code=201,
    responses={
        201: {"description": "Stopped", "model": AlarmOfModel},
        **UNREADABLE_BODY,
        **problems(
            s409="It was stopped by hand before",
            s422="What was sent is not valid",
            s503="The store is away",
        ),
    },
    response_class=Response,
)
def stop_model(service: Service, stop: Stop, caller: Caller, body: StopRequest) -> Response:
    """Keep films that come in, and grade none until the alarm is cleared."""
    alarm = stop.stop(service.scorer.facts.sha256, caller.name, body.reason)
    if alarm is None:
        raise AlreadyStoppedError("The model was stopped by hand before.")
    return JSONResponse(alarm.to_json(), 201)


@router.post(
    "/alarms/{alarm_id}/clear",
    operation_id="clearAlarm",
    summary="Clear an alarm, and release the model that it stopped",
    responses={
        200: {"model": AlarmOfModel},
        **UNREADABLE_BODY,
        **problems(
            s404="No alarm that stands has this id",
            s422="What was sent is not valid",
            s503="The store is away",
        ),
    },
    response_class=Response,
)
def clear_alarm(stop: Stop, caller: Caller, alarm_id: AlarmId, body: ClearRequest) -> Response:
    """Say that somebody looked; films that waited are graded."""
    alarm = stop.clear(alarm_id, caller.name, new_normal=body.new_normal)
    return JSONResponse(alarm.to_json())
