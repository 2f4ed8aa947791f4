"""What the audit trail says of each route: a new one is entered here, or no test passes."""

from __future__ import annotations

from collections.abc import Mapping

from radiograde.service.audit.action import Action

AUDITED: Mapping[str, Action] = {
    "signIn": Action.SIGN_IN,
    "signOn": Action.SIGN_IN,
    "signOut": Action.SIGN_OUT,
    "signOutByProvider": Action.SIGN_OUT,
    "signOutByFrame": Action.SIGN_OUT,
    "scoreFilm": Action.FILM_SCORE,
    "storeInstances": Action.FILM_STORE,
    "storeInstancesOfStudy": Action.FILM_STORE,
    "listFilms": Action.FILMS_LIST,
    "getThumbnail": Action.FILMS_LIST,
    "listResults": Action.FILMS_LIST,
    "getEvents": Action.FILMS_FOLLOW,
    "getFilm": Action.FILM_READ,
    "getView": Action.FILM_READ,
    "getPreview": Action.FILM_READ,
    "getPixels": Action.FILM_READ,
    "getMaps": Action.FILM_READ,
    "getOverlay": Action.FILM_READ,
    "getHistory": Action.FILM_READ,
    "getStatement": Action.FILM_READ,
    "listReviews": Action.FILM_READ,
    "getWithdrawal": Action.FILM_READ,
    "listReadingSets": Action.FILMS_LIST,
    "getNextOfReadingSet": Action.FILMS_LIST,
    "getResult": Action.FILM_READ,
    "getTrace": Action.FILM_READ,
    "listReadings": Action.FILM_READ,
    "getPriors": Action.FILM_READ,
    "getJob": Action.FILM_READ,
    "getSr": Action.DOCUMENT_READ,
    "getSeg": Action.DOCUMENT_READ,
    "getSc": Action.DOCUMENT_READ,
    "getPr": Action.DOCUMENT_READ,
    "getDoc": Action.DOCUMENT_READ,
    "getFhir": Action.DOCUMENT_READ,
    "getPdf": Action.DOCUMENT_READ,
    "getReviewSr": Action.DOCUMENT_READ,
    "listJobs": Action.JOBS_READ,
    "retryJob": Action.JOB_RETRY,
    "deliverJob": Action.DELIVERY_ASK,
    "fetchPriors": Action.PRIORS_FETCH,
    "listReaders": Action.USERS_READ,
    "assignFilm": Action.FILM_ASSIGN,
    "addReview": Action.REVIEW_ADD,
    "commitReading": Action.READING_COMMIT,
    "commitSetReading": Action.READING_COMMIT,
    "withdrawResult": Action.RESULT_WITHDRAW,
    "takeReport": Action.REPORT_TAKE,
    "reportProblem": Action.PROBLEM_REPORT,
    "listProblems": Action.PROBLEMS_READ,
    "getProblemsCsv": Action.PROBLEMS_EXPORT,
    "changeProblem": Action.PROBLEM_CHANGE,
    "getProblemFile": Action.PROBLEM_FILE_READ,
    "changeSettings": Action.SETTINGS_CHANGE,
    "listUsers": Action.USERS_READ,
    "addUser": Action.USER_ADD,
    "setPassword": Action.USER_CHANGE,
    "setRole": Action.USER_CHANGE,
    "listSessions": Action.USERS_READ,
    "endSession": Action.SIGN_OUT,
    "listKeys": Action.KEYS_READ,
    "addKey": Action.KEY_ADD,
    "removeKey": Action.KEY_REMOVE,
    "removeUser": Action.USER_REMOVE,
    "listProjects": Action.PROJECTS_READ,
    "listMembers": Action.PROJECTS_READ,
    "addProject": Action.PROJECT_ADD,
    "renameProject": Action.PROJECT_RENAME,
    "closeProject": Action.PROJECT_CLOSE,
    "addMember": Action.MEMBER_ADD,
    "removeMember": Action.MEMBER_REMOVE,
    "addFilms": Action.FILM_INCLUDE,
    "removeFilms": Action.FILM_EXCLUDE,
    "listModels": Action.MODELS_READ,
    "recordEvidence": Action.MODEL_TEST,
    "rollBackModel": Action.MODEL_ROLLBACK,
    "promoteModel": Action.MODEL_PROMOTE,
    "retireModel": Action.MODEL_RETIRE,
    "shadowModel": Action.MODEL_SHADOW,
    "stopModel": Action.MODEL_STOP,
    "clearAlarm": Action.ALARM_CLEAR,
    "erase": Action.PATIENT_ERASE,
    "listErasures": Action.ERASURES_READ,
    "listAuditEvents": Action.AUDIT_READ,
    "getAuditCsv": Action.AUDIT_EXPORT,
}
"""Operations, each with the action that it is."""

NOT_AUDITED = frozenset(
    {
        "beginSignOn",
        "endSignOn",
        "getSession",
        "getHealth",
        "getReadiness",
        "getModel",
        "getSettings",
        "trySettings",
        "getMetrics",
        "getMonitor",
    }
)
"""They show neither a film nor a person but the caller.

By ``getSession`` a proxy may sign somebody in: it notes that itself.
"""

FILM_PATHS = ("/v1/results/", "/v1/worklist/", "/v1/jobs/")
"""Where the ``id`` in a path is a film's."""

PROJECT_PATHS = ("/v1/projects/",)
"""Where it is a project's."""
