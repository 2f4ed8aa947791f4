"""Errors as they leave over HTTP: problem details, RFC 9457, each with a stable ``code``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from radiograde.model.errors import OverloadedError, RadiogradeError, error_class
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.errors import (
    BadRequestError,
    SignInNeededError,
    StoreError,
    TooManyAttemptsError,
)
from radiograde.service.http.schemas import Problem

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
STORE_RETRY_AFTER_S = 30

Responses = dict[int | str, dict[str, Any]]

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_ROUTING_CODES = {404: "route_not_found", 405: "method_not_allowed"}


class ProblemResponse(JSONResponse):
    """A JSON answer that says it is a problem."""

    media_type = MEDIA_TYPE


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> ProblemResponse:
    """Return the answer for one problem; ``more`` are extension members, RFC 9457 section 3.2."""
    document = {
        "type": f"urn:radiograde:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return ProblemResponse(document | more, status)


def error_problem(error: RadiogradeError, **more: Any) -> ProblemResponse:
    """Return the answer for an error of the family; some also say when to come back, or how."""
    answer = problem(error.http_status, error.code, error.title, error.message, **more)
    answer.headers.update(_hints(error))
    return answer


def _hints(error: RadiogradeError) -> dict[str, str]:
    match error:
        case OverloadedError():
            return {"Retry-After": str(RETRY_AFTER_S)}
        case StoreError():
            return {"Retry-After": str(STORE_RETRY_AFTER_S)}
        case TooManyAttemptsError():
            return {"Retry-After": str(error.retry_after_s)}
        case SignInNeededError():
            # Bearer, as browsers answer Basic with a dialog of their own.
            return {"WWW-Authenticate": "Bearer"}
    return {}


def unexpected_problem() -> ProblemResponse:
    """Return the answer for what should not happen; the log knows more, the caller does not."""
    return error_problem(
        RadiogradeError(
            "Something went wrong inside the service. "
            "Report it with the X-Request-ID of this answer."
        )
    )


def result_problem(result: SeverityResult) -> ProblemResponse:
    """Return the answer for a kept result without scores: out of scope 422, or its error's."""
    document = result.to_json()
    kept = {"result_id": result.id, "gate": document.get("gate")}
    if result.error is not None:
        kind = error_class(result.error.code)
        return problem(
            kind.http_status, result.error.code, kind.title, result.error.message, **kept
        )
    reasons = result.gate.reasons if result.gate is not None else ()
    detail = " ".join(reason.message for reason in reasons if reason.level == "reject")
    return problem(422, "out_of_scope", "The image is out of scope", detail, **kept)


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of the app leave as a problem."""
    app.add_exception_handler(RadiogradeError, _on_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid)


def _on_error(_: Request, error: Exception) -> ProblemResponse:
    if not isinstance(error, RadiogradeError):
        return unexpected_problem()
    return error_problem(error)


def _on_http_exception(_: Request, error: Exception) -> ProblemResponse:
    if not isinstance(error, HTTPException):
        return unexpected_problem()
    if error.status_code == 400:
        return error_problem(BadRequestError("The body cannot be parsed. Send it as JSON."))
    code = _ROUTING_CODES.get(error.status_code, "http_error")
    answer = problem(error.status_code, code, error.detail, "See /docs for the routes.")
    answer.headers.update(error.headers or {})
    return answer


def _on_invalid(_: Request, error: Exception) -> ProblemResponse:
    """Name each parameter and what it must be; the value sent is not repeated."""
    if not isinstance(error, RequestValidationError):
        return unexpected_problem()
    faults = [
        {"parameter": _place(fault["loc"]), "message": fault["msg"]} for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['parameter']}: {fault['message']}" for fault in faults)
    return problem(422, "invalid_parameters", "The parameters are not valid", detail, errors=faults)


def _place(loc: Sequence[int | str]) -> str:
    """Return which parameter is wrong, or that it is the body as a whole."""
    return ".".join(str(part) for part in loc[1:]) or str(loc[0])


def problems(**descriptions: str) -> Responses:
    """Return OpenAPI responses for statuses written ``s404="No such result"``."""
    return {
        int(status[1:]): {"description": description, "model": Problem}
        for status, description in descriptions.items()
    }


UNREADABLE_BODY: Responses = problems(
    s400="The body cannot be parsed",
    s408="The body did not arrive in time",
    s413="The body is larger than 64 KiB",
)
"""What a route with a JSON body may answer before it is asked."""


class DocumentedApi(FastAPI):
    """An app whose OpenAPI document says ``application/problem+json`` where that is sent."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; it is made once."""
        if self.openapi_schema is None:
            _name_problems(super().openapi())
        return super().openapi()


def _name_problems(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                contents = list(response.get("content", {}).values())
                # FastAPI puts it under the route's own type, such as text/event-stream.
                if int(status) >= 400 and contents and contents[0].get("schema") == _PROBLEM:
                    response["content"] = {MEDIA_TYPE: contents[0]}
