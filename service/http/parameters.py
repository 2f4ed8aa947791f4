"""Parameters that many routes take."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from radiograde.model.errors import NotFoundError
from radiograde.service.result_schema import ULID

_PATTERN = f"^{ULID}$"


def _known_form(id: str) -> str:
    if not re.fullmatch(ULID, id):
        raise NotFoundError("Nothing has this id: it is not of the form that ids have.")
    return id


def _id_of(what: str) -> Any:
    return Path(description=f"`id` of {what}", json_schema_extra={"pattern": _PATTERN})


_KnownForm = AfterValidator(_known_form)

FilmId = Annotated[str, _id_of("a film, which its result and its job share"), _KnownForm]
"""An id that reaches disk and database; NotFoundError for what cannot be one."""

ReviewId = Annotated[str, _id_of("a review"), _KnownForm]
ProblemId = Annotated[str, _id_of("a problem"), _KnownForm]
AlarmId = Annotated[str, _id_of("an alarm"), _KnownForm]
SetId = Annotated[str, _id_of("a reading set"), _KnownForm]

ProjectId = Annotated[
    str,
    Path(description="`id` of a project", json_schema_extra={"pattern": _PATTERN}),
    AfterValidator(_known_form),
]

Before = Annotated[str | None, Query(pattern=_PATTERN, description="`next` of the page before")]

_IN_RANGE = "^(189[5-9]|19[0-9]{2}|[2-8][0-9]{3})-[0-9]{2}-[0-9]{2}$"


def _as_written(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(_IN_RANGE, value):
        raise PydanticCustomError("day", "A day is written as in 2026-12-24, from 1895 on")
    return value


Day = Annotated[
    date,
    BeforeValidator(_as_written),
    Query(ge=date(1895, 1, 1), lt=date(9000, 1, 1), json_schema_extra={"pattern": _IN_RANGE}),
]
"""X-rays are not older, and beyond the end of the calendar days cannot be added."""

DayOfFilm = Annotated[
    date, BeforeValidator(_as_written), Field(json_schema_extra={"pattern": _IN_RANGE})
]
"""The same in a body."""
