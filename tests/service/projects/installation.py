"""An installation with two projects: films in each, one in none, and people of any role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import sqlalchemy as sa
from fastapi.testclient import TestClient

from radiograde.service.auth.key_repository import KeyTerms
from radiograde.service.auth.principal import Principal, Role
from radiograde.service.config.settings import Settings
from radiograde.service.config.sign_in_elsewhere import ProjectRole
from radiograde.service.database.tables import results
from radiograde.service.http.app import create_app
from radiograde.service.http.caller import CSRF_HEADER
from radiograde.service.projects.film_access import EVERY_FILM
from radiograde.service.projects.project_film_repository import ProjectFilmRepository
from radiograde.service.projects.project_repository import ProjectRepository
from tests.service.accounts import access_of
from tests.service.documents.graded_films import STUDY_UID, film_bytes
from tests.service.fakes import FakeScorer, PicklingRunner
from tests.service.worklist.stock import records_of

Headers = Mapping[str, str]


@dataclass
class Installation:
    """``own``, ``other``: films of the projects A and B; ``pooled``: a film of neither.

    All three are of one patient. ``people``: headers by who calls.
    """

    client: TestClient
    projects: ProjectRepository
    a: str
    b: str
    own: str
    other: str
    pooled: str
    people: dict[str, Headers] = field(default_factory=dict)

    @property
    def films(self) -> ProjectFilmRepository:
        return ProjectFilmRepository(records_of(self.client).database)

    def person(self, name: str, role: Role = "member", **in_projects: ProjectRole) -> Headers:
        """Return the headers of somebody new, who is signed in; projects by ``a`` and ``b``."""
        access = access_of(self.client)
        access.users.add(name, role, "")
        for project, own_role in in_projects.items():
            self.projects.enrol(getattr(self, project), name, own_role)
        token, session = access.sessions.open(Principal(name, role))
        self.people[name] = {"Cookie": f"radiograde={token}", CSRF_HEADER: session.csrf}
        return self.people[name]

    def key(self, name: str, role: Any, terms: KeyTerms) -> Headers:
        """Return the headers of a machine with a new key."""
        key = access_of(self.client).keys.add(name, role, terms)
        self.people[name] = {"Authorization": f"Bearer {key}"}
        return self.people[name]

    def get(self, path: str, who: str) -> Any:
        """Return what somebody is answered."""
        return self.client.get(path, headers=self.people[who])


@contextmanager
def installed(folder: Path, **chosen: Any) -> Iterator[Installation]:
    """Run one within the ``with`` block; the first user is the administrator."""
    app = create_app(
        Settings(data_dir=folder, **chosen), scorer=FakeScorer(), runner=PicklingRunner()
    )
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50000)) as client:
        film_ids = [
            client.post("/v1/score", content=film_bytes(SOPInstanceUID=f"1.2.{i}")).json()["id"]
            for i in (1, 2, 3)
        ]
        _name_instances(client, film_ids)
        projects = ProjectRepository(records_of(client).database)
        a, b = projects.add("A", "root"), projects.add("B", "root")
        here = Installation(client, projects, a, b, *film_ids)
        here.person("root", "administrator")
        here.films.add(a, [here.own], "root", EVERY_FILM)
        here.films.add(b, [here.other], "root", EVERY_FILM)
        yield here


def _name_instances(client: TestClient, film_ids: list[str]) -> None:
    """Have results say of which instance they are: made ones do not."""
    for number, film_id in enumerate(film_ids, 1):
        result = sa.select(results.c.document).where(results.c.id == film_id)
        with records_of(client).database.write() as connection:
            document = connection.scalars(result).one()
            uids = {"sop_instance_uid": f"1.2.{number}", "study_instance_uid": STUDY_UID}
            named = document | {"image": document["image"] | uids}
            this = sa.update(results).where(results.c.id == film_id)
            connection.execute(this.values(document=named))


def everybody(here: Installation) -> None:
    """Add somebody of each role in the pool, somebody of each in project A, and machines."""
    for role in get_args(Role):
        if role != "sender":
            here.person(f"pool {role}", role)
    for own_role in get_args(ProjectRole):
        here.person(f"project {own_role}", a=own_role)
    here.key("pool sender", "sender", KeyTerms())
    for key_role in ("reader", "engineer", "researcher"):
        here.key(f"key {key_role}", key_role, KeyTerms(project=here.a))
