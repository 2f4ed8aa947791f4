"""``radiograde projects``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from radiograde.service.cli.common import (
    DAY,
    data_dir_of_group,
    data_dir_option,
    opened_records,
    user_of_computer,
)
from radiograde.service.cli.terminal import plain_table, stdout

if TYPE_CHECKING:
    from radiograde.service.grading.records import Records
    from radiograde.service.projects.project_film_repository import ProjectFilmRepository
    from radiograde.service.projects.project_repository import ProjectRepository

ROLES = ("reader", "engineer", "researcher", "steward", "administrator")


@click.group()
@data_dir_of_group
def projects() -> None:
    """Open some films to a research project.

    A film stays in the clinical pool and may be in any number of projects. Who has a role in a
    project sees its films, and with the role `member` in the pool no others.

    \b
    Roles in a project:
      reader         sees films and whose they are, reviews them
      engineer       sees films and whose they are, runs jobs, sends results on
      researcher     sees films and results, nothing that names the patient
      steward        puts films in and takes them out, manages members
      administrator  renames and closes it, manages members; sees no film

    \b
    Example:
      radiograde users add kim --role member
      radiograde projects create "Spring 2026"
      radiograde projects add-member "Spring 2026" kim --role researcher
      radiograde projects add-films "Spring 2026" --since 2026-03-01 --until 2026-05-31
    """


@projects.command("list")
@data_dir_option
def show(**chosen: Any) -> None:
    """Show all projects with how many films they have."""
    with opened_records(chosen, quiet=True) as (_, records):
        found = _projects(records).all()
    if not found:
        click.echo("There is no project. `radiograde projects create NAME` makes one.")
        return
    table = plain_table("Project", "Since", "By", "Films", "")
    for one in found:
        closed = "" if one.closed is None else f"closed on {one.closed:%Y-%m-%d}"
        since = f"{one.created:%Y-%m-%d}"
        table.add_row(Text(one.name), since, Text(one.created_by), str(one.films), closed)
    stdout().print(table)


@projects.command()
@click.argument("project")
@data_dir_option
def create(project: str, **chosen: Any) -> None:
    """Make a project; it has no member and no film yet."""
    with opened_records(chosen, quiet=True) as (_, records):
        _projects(records).add(project, user_of_computer())
    click.echo(f"There is a project {project}. `radiograde projects add-member` lets people in.")


@projects.command()
@click.argument("project")
@click.option("--to", required=True, help="The new name.")
@data_dir_option
def rename(project: str, to: str, **chosen: Any) -> None:
    """Give a project another name."""
    with opened_records(chosen, quiet=True) as (_, records):
        found = _projects(records)
        found.rename(found.called(project).id, to)
    click.echo(f"{project} is called {to}.")


@projects.command()
@click.argument("project")
@data_dir_option
def close(project: str, **chosen: Any) -> None:
    """Close a project for good: it opens its films to nobody any more."""
    with opened_records(chosen, quiet=True) as (_, records):
        found = _projects(records)
        found.close(found.called(project).id)
    click.echo(f"{project} is closed.")


@projects.command()
@click.argument("project")
@data_dir_option
def members(project: str, **chosen: Any) -> None:
    """Show who is in a project."""
    with opened_records(chosen, quiet=True) as (_, records):
        repository = _projects(records)
        found = repository.members(repository.called(project).id)
    table = plain_table("User", "Role", "")
    for one in found:
        table.add_row(Text(one.user), one.role, "by a group" if one.by_group else "")
    if found:
        stdout().print(table)
    else:
        click.echo(f"Nobody is in {project}. `radiograde projects add-member` lets people in.")


@projects.command("add-member")
@click.argument("project")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the user may do in it.")
@data_dir_option
def add_member(project: str, name: str, role: Any, **chosen: Any) -> None:
    """Give the user NAME a role in a project, in place of an earlier one."""
    with opened_records(chosen, quiet=True) as (_, records):
        found = _projects(records)
        found.enrol(found.called(project).id, name, role)
    click.echo(f"{name} is {role} in {project} from now on.")


@projects.command("remove-member")
@click.argument("project")
@click.argument("name")
@data_dir_option
def remove_member(project: str, name: str, **chosen: Any) -> None:
    """Take the role of the user NAME in a project."""
    with opened_records(chosen, quiet=True) as (_, records):
        found = _projects(records)
        found.dismiss(found.called(project).id, name)
    click.echo(f"{name} is not in {project} any more.")


@projects.command("add-films")
@click.argument("project")
@click.argument("ids", nargs=-1)
@click.option("--since", type=DAY, help="Instead of ids: films of this day of acquisition on.")
@click.option("--until", type=DAY, help="Last day of them.")
@data_dir_option
def add_films(
    project: str,
    ids: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    **chosen: Any,
) -> None:
    """Put films into a project, by their ids or by days."""
    if bool(ids) == (since is not None):
        raise click.UsageError("Name films by their ids, or by days with --since.")
    with opened_records(chosen, quiet=True) as (_, records):
        from radiograde.service.projects.film_access import EVERY_FILM
        from radiograde.service.worklist.film_ids import film_ids
        from radiograde.service.worklist.filters import Filters

        id = _projects(records).called(project).id
        wanted = list(ids)
        if since is not None:
            days = Filters(since=since.date(), until=until and until.date(), outside=id)
            wanted = film_ids(records.database, days)
        added = _films(records).add(id, wanted, user_of_computer(), EVERY_FILM)
    click.echo(f"{len(added)} films were put into {project}.")


@projects.command("remove-films")
@click.argument("project")
@click.argument("ids", nargs=-1, required=True)
@data_dir_option
def remove_films(project: str, ids: tuple[str, ...], **chosen: Any) -> None:
    """Take films out of a project; they stay in the clinical pool."""
    with opened_records(chosen, quiet=True) as (_, records):
        removed = _films(records).remove(_projects(records).called(project).id, ids)
    click.echo(f"{len(removed)} films left {project}.")


def _projects(records: Records) -> ProjectRepository:
    from radiograde.service.projects.project_repository import ProjectRepository

    return ProjectRepository(records.database)


def _films(records: Records) -> ProjectFilmRepository:
    from radiograde.service.projects.project_film_repository import ProjectFilmRepository

    return ProjectFilmRepository(records.database)
