"""Of every guarded operation: which films it is about, and which roles in a project open it.

A route that is not entered here opens to nobody, and fails a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from radiograde.service.auth.principal import Permission
from radiograde.service.auth.project_role import ProjectPermission

Subject = Literal["film", "films", "project", "other"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What an operation is about, and who may ask for it.

    ``subject``: the film or project whose ``id`` is in its path, films that it lists, or neither.
    ``in_pool``: what shows all films, and every project, to a role in the clinical pool.
    ``in_project``: what a role in a project has to allow; None where no project opens it.
    """

    subject: Subject
    in_pool: Permission
    in_project: ProjectPermission | None = None


_SEEN = Decision("film", "read", "read")
_NAMED = Decision("film", "read", "identify")
_INSTALLATION = Decision("other", "administer")
_GOVERNED = Decision("project", "manage", "govern")
_ENROLLED = Decision("project", "manage", "enrol")
_CURATED = Decision("project", "manage", "curate")
_ACCOUNTS = Decision("other", "manage")
_MODELS = Decision("other", "operate")

DECISIONS: Mapping[str, Decision] = {
    # Films come into the clinical pool, and reports of studies.
    **dict.fromkeys(
        ("scoreFilm", "storeInstances", "storeInstancesOfStudy", "takeReport"),
        Decision("other", "send"),
    ),
    # Lists.
    "listFilms": Decision("films", "read", "read"),
    "getEvents": Decision("films", "read", "read"),
    "listResults": Decision("films", "read", "read"),
    "listJobs": Decision("films", "read", "identify"),
    **dict.fromkeys(
        ("listReadingSets", "getNextOfReadingSet", "commitSetReading"),
        Decision("films", "review", "review"),
    ),
    # One film; a sender sees what became of films.
    "getResult": Decision("film", "send", "read"),
    "getTrace": Decision("film", "send", "identify"),
    "getJob": Decision("film", "send", "identify"),
    **dict.fromkeys(
        ("getFilm", "getView", "getPixels", "getPreview", "getMaps", "getThumbnail", "getOverlay"),
        _SEEN,
    ),
    **dict.fromkeys(("getHistory", "getStatement", "getPriors", "listReviews"), _SEEN),
    **dict.fromkeys(("getSr", "getSeg", "getSc", "getPr", "getDoc", "getFhir", "getPdf"), _NAMED),
    **dict.fromkeys(("getReviewSr", "getWithdrawal", "listReadings"), _NAMED),
    **dict.fromkeys(("addReview", "commitReading"), Decision("film", "review", "review")),
    **dict.fromkeys(("deliverJob", "reportProblem"), Decision("film", "deliver", "deliver")),
    "retryJob": Decision("film", "operate", "operate"),
    # What changes the care of a patient is left to the clinical pool.
    **dict.fromkeys(("withdrawResult", "assignFilm"), Decision("film", "review")),
    "fetchPriors": Decision("film", "read"),
    "listReaders": Decision("other", "read"),
    # Projects.
    "addProject": Decision("other", "manage"),
    "listProjects": Decision("other", "manage", "enrol"),
    **dict.fromkeys(("renameProject", "closeProject"), _GOVERNED),
    **dict.fromkeys(("listMembers", "addMember", "removeMember"), _ENROLLED),
    **dict.fromkeys(("addFilms", "removeFilms"), _CURATED),
    # The model, the installation, accounts.
    "getModel": Decision("other", "read", "read"),
    **dict.fromkeys(
        ("listModels", "recordEvidence", "rollBackModel", "promoteModel", "retireModel"), _MODELS
    ),
    **dict.fromkeys(
        ("shadowModel", "getMonitor", "stopModel", "clearAlarm", "getMetrics"), _MODELS
    ),
    "getProblemFile": Decision("other", "deliver"),
    **dict.fromkeys(("listProblems", "getProblemsCsv", "changeProblem"), _INSTALLATION),
    **dict.fromkeys(("getSettings", "changeSettings", "trySettings"), _INSTALLATION),
    **dict.fromkeys(("listAuditEvents", "getAuditCsv", "erase", "listErasures"), _INSTALLATION),
    **dict.fromkeys(("listUsers", "addUser", "setPassword", "setRole", "removeUser"), _ACCOUNTS),
    **dict.fromkeys(("listKeys", "addKey", "removeKey", "listSessions", "endSession"), _ACCOUNTS),
}
"""Operations by their ids."""
