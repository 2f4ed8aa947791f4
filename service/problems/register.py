"""The register of problems: what was reported, until when it is to be answered, and how it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from ulid import ULID

from radiograde.model.errors import NotFoundError
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of
from radiograde.service.database.tables import ProblemState, problems
from radiograde.service.errors import NoSpaceError, UndocumentedError
from radiograde.service.films.archive import Archive
from radiograde.service.problems.reporter import SealedProblem
from radiograde.service.spreadsheet_cell import cell_of

ANSWER_DAYS = 30
"""Until an entry is due, unless somebody says otherwise."""

LONGEST_TEXT = 2000


class ProblemReport(BaseModel):
    """What somebody says is wrong with a result; it stays in the register."""

    model_config = ConfigDict(extra="forbid")

    description: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""


class ProblemChange(BaseModel):
    """What an administrator writes into an entry; what is absent stays."""

    model_config = ConfigDict(extra="forbid")

    due: date | None = None
    state: ProblemState | None = None
    answer: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """An entry. ``seal``: of its file. ``due``: a day, ISO 8601."""

    id: str
    result_id: str
    reporter: str
    created: datetime
    description: str
    seal: str
    due: str | None
    state: ProblemState
    answer: str | None
    changed: datetime

    def to_json(self) -> dict[str, Any]:
        """Return the entry as plain JSON types."""
        times = {"created": self.created.isoformat(), "changed": self.changed.isoformat()}
        return asdict(self) | times


class ProblemRegister:
    """Keeps the table ``problems`` and the file of each; safe to share among threads.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, archive: Archive) -> None:
        self._database = database
        self._storage = archive.storage

    def add(
        self, result_id: str, reporter: str, description: str, problem: SealedProblem
    ) -> Problem:
        """Keep the file of a problem and enter it. Raises NoSpaceError."""
        now = datetime.now(UTC)
        due = (now.astimezone() + timedelta(days=ANSWER_DAYS)).date().isoformat()
        id = str(ULID())
        entry = Problem(
            id, result_id, reporter, now, description, problem.seal, due, "open", None, now
        )
        try:
            self._storage.write(_name(id), problem.content)
        except OSError as error:
            raise NoSpaceError(
                f"The file of the problem cannot be written ({error.strerror}). Make room."
            ) from error
        with self._database.write() as connection:
            connection.execute(sa.insert(problems).values(**asdict(entry)))
        return entry

    def change(self, id: str, change: ProblemChange) -> Problem:
        """Write into an entry and return it. Raises NotFoundError."""
        given = change.model_dump(exclude_unset=True, mode="json")
        if given.get("state", "open") is None:
            del given["state"]
        values = given | {"changed": datetime.now(UTC)}
        with self._database.write() as connection:
            connection.execute(sa.update(problems).where(problems.c.id == id).values(**values))
        return self.get(id)

    def get(self, id: str) -> Problem:
        """Return an entry. Raises NotFoundError."""
        query = sa.select(*columns_of(problems, Problem)).where(problems.c.id == id)
        found = self._database.first(query, Problem)
        if found is None:
            raise NotFoundError("No problem has this id. GET /v1/problems lists them.")
        return found

    def all(self) -> list[Problem]:
        """Return every entry, the newest first."""
        query = sa.select(*columns_of(problems, Problem)).order_by(problems.c.id.desc())
        return self._database.rows(query, Problem)

    def file(self, id: str) -> bytes:
        """Return the file of a problem. Raises NotFoundError, UndocumentedError."""
        entry = self.get(id)
        content = self._storage.read(_name(entry.id))
        if content is None:
            raise UndocumentedError("The file of this problem is no longer there.")
        return content


def _name(id: str) -> str:
    return f"problems/{id}.zip"


def as_csv(entries: Iterable[Problem]) -> str:
    """Return entries as CSV, RFC 4180; no cell is a formula to a spreadsheet."""
    buffer = io.StringIO()
    names = [field.name for field in fields(Problem)]
    writer = csv.DictWriter(buffer, names)
    writer.writeheader()
    for entry in entries:
        row = entry.to_json()
        writer.writerow({name: cell_of(row[name]) for name in names})
    return buffer.getvalue()
