"""``/v1/projects``: research projects, who is in each, and which films."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from radiograde.service.auth.principal import LONGEST_NAME, Principal, tidy
from radiograde.service.errors import NotAllowedError
from radiograde.service.http.audit_trail import concerns
from radiograde.service.http.caller import Caller
from radiograde.service.http.parameters import ProjectId
from radiograde.service.http.problems import UNREADABLE_BODY, Responses, problems
from radiograde.service.http.project_schemas import (
    MOST_FILMS,
    FilmChoice,
    FilmFilter,
    MemberList,
    MovedFilms,
    NewMember,
    ProjectList,
    ProjectName,
    ProjectOfSite,
)
from radiograde.service.http.runtime import Service
from radiograde.service.projects.film_access import EVERY_FILM, FilmAccess
from radiograde.service.projects.project_film_repository import ProjectFilmRepository
from radiograde.service.projects.project_repository import Project, ProjectRepository
from radiograde.service.result_schema import Ulid
from radiograde.service.worklist.film_ids import film_ids
from radiograde.service.worklist.filters import Filters

router = APIRouter(prefix="/v1/projects", tags=["projects"])
log = structlog.get_logger("radiograde.settings")

_REFUSED = problems(
    s404="No such project, or it was closed",
    s422="It cannot be done so, or what was sent is not valid",
    s503="The store is away",
)
_CHANGED: Responses = {**UNREADABLE_BODY, **_REFUSED}


def _projects(service: Service) -> ProjectRepository:
    return ProjectRepository(service.records.database)


def _films(service: Service) -> ProjectFilmRepository:
    return ProjectFilmRepository(service.records.database)


Projects = Annotated[ProjectRepository, Depends(_projects)]
ProjectFilms = Annotated[ProjectFilmRepository, Depends(_films)]


@router.get(
    "",
    operation_id="listProjects",
    summary="List the projects that the caller manages",
    responses={200: {"model": ProjectList}, **problems(s503="The store is away")},
    response_class=Response,
)
def list_projects(projects: Projects, caller: Caller) -> Response:
    """Return all to administrators and managers; to others those whose members they manage."""
    among = None if caller.may("manage") else caller.projects_that("enrol")
    return JSONResponse({"projects": [_document(one) for one in projects.all(among)]})


@router.post(
    "",
    operation_id="addProject",
    summary="Make a project",
    status_code=201,
    responses={
        201: {"description": "It has no member and no film yet", "model": ProjectOfSite},
        **UNREADABLE_BODY,
        **problems(s422="It cannot be called so", s503="The store is away"),
    },
    response_class=Response,
)
def add_project(projects: Projects, caller: Caller, body: ProjectName) -> Response:
    """Return the new project."""
    id = projects.add(body.name, caller.name)
    log.info("project_added", project=id, by=caller.name)
    return JSONResponse(_document(projects.get(id)), 201)


@router.post(
    "/{id}/name",
    operation_id="renameProject",
    summary="Rename a project",
    status_code=204,
    responses={204: {"description": "Done"}, **_CHANGED},
    response_class=Response,
)
def rename_project(
    projects: Projects, caller: Caller, id: ProjectId, body: ProjectName
) -> Response:
    """Give it another name."""
    projects.rename(id, body.name)
    log.info("project_renamed", project=id, by=caller.name)
    return Response(status_code=204)


@router.post(
    "/{id}/close",
    operation_id="closeProject",
    summary="Close a project, for good",
    status_code=204,
    responses={204: {"description": "It opens its films to nobody any more"}, **_REFUSED},
    response_class=Response,
)
def close_project(projects: Projects, caller: Caller, id: ProjectId) -> Response:
    """Close it; its films stay in the clinical pool, and who was in it stays recorded."""
    projects.close(id)
    log.info("project_closed", project=id, by=caller.name)
    return Response(status_code=204)


@router.get(
    "/{id}/members",
    operation_id="listMembers",
    summary="List who is in a project",
    responses={200: {"model": MemberList}, **_REFUSED},
    response_class=Response,
)
def list_members(projects: Projects, id: ProjectId) -> Response:
    """Return them by name."""
    return JSONResponse({"members": [asdict(one) for one in projects.members(id)]})


@router.post(
    "/{id}/members",
    operation_id="addMember",
    summary="Give a user a role in a project",
    status_code=204,
    responses={204: {"description": "From the next request on"}, **_CHANGED},
    response_class=Response,
)
def add_member(projects: Projects, caller: Caller, id: ProjectId, body: NewMember) -> Response:
    """Give it in place of the user's earlier one; a steward makes no administrator."""
    _check_may_change(projects, caller, id, body.user)
    if body.role == "administrator":
        _check_governs(caller, id)
    projects.enrol(id, body.user, body.role)
    log.info("member_added", project=id, role=body.role, by=caller.name)
    return Response(status_code=204)


@router.delete(
    "/{id}/members",
    operation_id="removeMember",
    summary="Take a user's role in a project",
    status_code=204,
    responses={204: {"description": "From the next request on"}, **_REFUSED},
    response_class=Response,
)
def remove_member(
    projects: Projects,
    caller: Caller,
    id: ProjectId,
    user: Annotated[str, Query(min_length=1, max_length=LONGEST_NAME)],
) -> Response:
    """Take it; a steward dismisses no administrator."""
    _check_may_change(projects, caller, id, user)
    projects.dismiss(id, user)
    log.info("member_removed", project=id, by=caller.name)
    return Response(status_code=204)


@router.post(
    "/{id}/films",
    operation_id="addFilms",
    summary="Put films into a project",
    responses={200: {"model": MovedFilms}, **_CHANGED},
    response_class=Response,
)
def add_films(
    request: Request,
    films: ProjectFilms,
    service: Service,
    caller: Caller,
    id: ProjectId,
    body: FilmChoice,
) -> Response:
    """Put in films that the caller sees in the clinical pool, or in projects as a data steward.

    What is in the project already stays; of a filter's films at most a thousand are put in.
    """
    access = _sources(caller)
    chosen = body.films
    if body.filter is not None:
        chosen = film_ids(service.records.database, _filters(body.filter, access, id), MOST_FILMS)
    added = films.add(id, chosen or [], caller.name, access)
    concerns(request, added)
    log.info("films_added", project=id, films=len(added), by=caller.name)
    more = body.filter is not None and len(added) == MOST_FILMS
    return JSONResponse({"films": len(added), "more": more})


@router.delete(
    "/{id}/films",
    operation_id="removeFilms",
    summary="Take films out of a project",
    responses={200: {"model": MovedFilms}, **_REFUSED},
    response_class=Response,
)
def remove_films(
    request: Request,
    films: ProjectFilms,
    caller: Caller,
    id: ProjectId,
    film: Annotated[list[Ulid], Query(max_length=200, description="Ids of films")],
) -> Response:
    """Take them out; they stay in the clinical pool and in other projects."""
    removed = films.remove(id, film)
    concerns(request, removed)
    log.info("films_removed", project=id, films=len(removed), by=caller.name)
    return JSONResponse({"films": len(removed), "more": False})


def _document(project: Project) -> dict[str, Any]:
    closed = project.closed and project.closed.isoformat()
    return asdict(project) | {"created": project.created.isoformat(), "closed": closed}


def _sources(caller: Principal) -> FilmAccess:
    """Return the films that somebody may put into a project."""
    if caller.may("read") and caller.sees_pool:
        return EVERY_FILM
    return FilmAccess(caller.projects_that("curate"))


def _filters(wanted: FilmFilter, access: FilmAccess, project: str) -> Filters:
    return Filters(
        severity=frozenset(wanted.severity),
        status=frozenset(wanted.status),
        since=wanted.since,
        until=wanted.until,
        reviewed=wanted.reviewed,
        access=access,
        outside=project,
    )


def _check_may_change(projects: ProjectRepository, caller: Principal, id: str, user: str) -> None:
    """Raise NotAllowedError where a steward would change an administrator of the project."""
    user = tidy(user)
    if any(one.user == user and one.role == "administrator" for one in projects.members(id)):
        _check_governs(caller, id)


def _check_governs(caller: Principal, id: str) -> None:
    if not caller.may("manage") and id not in caller.projects_that("govern"):
        raise NotAllowedError("Only administrators make, change or remove administrators.")
