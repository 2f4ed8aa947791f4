"""What the audit trail tells apart: each action with its DICOM code and what is done to data.

Codes: DICOM PS3.16, CID 400 Audit Event ID and CID 401 Audit Event Type Code. Letters: PS3.15
A.5.2.1, EventActionCode.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

EventAction = Literal["C", "R", "U", "D", "E"]
"""Create, read, update, delete, execute."""


class Action(StrEnum):
    """What somebody or something did."""

    SERVICE_RUN = "service_run"
    SERVICE_STOP = "service_stop"
    SETTINGS_CHANGE = "settings_change"
    SCHEMA_CHANGE = "schema_change"
    BACKUP_MAKE = "backup_make"
    BACKUP_RESTORE = "backup_restore"
    DOCTOR_RUN = "doctor_run"
    FILMS_MOVE = "films_move"

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    USER_ADD = "user_add"
    USER_CHANGE = "user_change"
    USER_REMOVE = "user_remove"
    USERS_READ = "users_read"
    KEY_ADD = "key_add"
    KEY_REMOVE = "key_remove"
    KEYS_READ = "keys_read"

    FILM_STORE = "film_store"
    FILM_SCORE = "film_score"
    FILM_EXPIRE = "film_expire"
    FILMS_LIST = "films_list"
    FILMS_FOLLOW = "films_follow"
    FILM_READ = "film_read"
    RESULT_REPLAY = "result_replay"
    DOCUMENT_READ = "document_read"
    JOBS_READ = "jobs_read"
    PRIORS_FETCH = "priors_fetch"
    ARCHIVE_READ = "archive_read"
    COMMITMENT_ANSWER = "commitment_answer"
    PATIENT_LINK = "patient_link"
    ORDER_TAKE = "order_take"
    REPORT_TAKE = "report_take"

    FILM_ASSIGN = "film_assign"
    REVIEW_ADD = "review_add"
    READING_COMMIT = "reading_commit"
    READING_SET_GIVE = "reading_set_give"
    RESULT_WITHDRAW = "result_withdraw"
    RESULT_REGRADE = "result_regrade"
    JOB_RETRY = "job_retry"
    DELIVERY_ASK = "delivery_ask"
    RESULT_DELIVER = "result_deliver"
    REVIEWS_EXPORT = "reviews_export"

    PROBLEM_REPORT = "problem_report"
    PROBLEM_CHANGE = "problem_change"
    PROBLEM_FILE_READ = "problem_file_read"
    PROBLEMS_READ = "problems_read"
    PROBLEMS_EXPORT = "problems_export"

    PATIENT_ERASE = "patient_erase"
    ERASURES_READ = "erasures_read"
    RESULT_EXPIRE = "result_expire"

    PROJECT_ADD = "project_add"
    PROJECT_RENAME = "project_rename"
    PROJECT_CLOSE = "project_close"
    PROJECTS_READ = "projects_read"
    MEMBER_ADD = "member_add"
    MEMBER_REMOVE = "member_remove"
    FILM_INCLUDE = "film_include"
    FILM_EXCLUDE = "film_exclude"

    MODEL_ADD = "model_add"
    MODEL_TEST = "model_test"
    MODEL_PROMOTE = "model_promote"
    MODEL_ROLLBACK = "model_rollback"
    MODEL_RETIRE = "model_retire"
    MODEL_SHADOW = "model_shadow"
    MODEL_STOP = "model_stop"
    ALARM_CLEAR = "alarm_clear"
    AGREEMENT_RESET = "agreement_reset"
    CONSTANCY_ACCEPT = "constancy_accept"
    MODELS_READ = "models_read"

    AUDIT_READ = "audit_read"
    AUDIT_EXPORT = "audit_export"
    AUDIT_VERIFY = "audit_verify"
    AUDIT_PRUNE = "audit_prune"


@dataclass(frozen=True, slots=True)
class Code:
    """A code of the coding scheme DCM."""

    value: str
    meaning: str


ACTIVITY = Code("110100", "Application Activity")
LOG_USED = Code("110101", "Audit Log Used")
ACCESSED = Code("110103", "DICOM Instances Accessed")
TRANSFERRED = Code("110104", "DICOM Instances Transferred")
STUDY_DELETED = Code("110105", "DICOM Study Deleted")
EXPORT = Code("110106", "Export")
ORDER = Code("110109", "Order Record")
PATIENT = Code("110110", "Patient Record")
QUERY = Code("110112", "Query")
ALERT = Code("110113", "Security Alert")
AUTHENTICATION = Code("110114", "User Authentication")

START = Code("110120", "Application Start")
STOP = Code("110121", "Application Stop")
LOGIN = Code("110122", "Login")
LOGOUT = Code("110123", "Logout")
SECURITY_CONFIGURATION = Code("110129", "Security Configuration")
SOFTWARE_CONFIGURATION = Code("110131", "Software Configuration")
USER_ATTRIBUTES = Code("110137", "User Security Attributes Changed")


@dataclass(frozen=True, slots=True)
class Meaning:
    """How an action is told to others: its event, its letter, and the kind of event if it has one.

    ``once``: however often it is asked for within a while, it is told once.
    """

    event: Code
    letter: EventAction
    kind: Code | None = None
    once: bool = False


_QUERY = Meaning(QUERY, "E", once=True)
_ACCOUNT = Meaning(ALERT, "U", USER_ATTRIBUTES)
_RELEASE = Meaning(ALERT, "E", SOFTWARE_CONFIGURATION)
_CHANGE = Meaning(ACCESSED, "U")
_PROJECT = Meaning(ALERT, "U", SECURITY_CONFIGURATION)

MEANINGS: Mapping[Action, Meaning] = {
    Action.SERVICE_RUN: Meaning(ACTIVITY, "E", START),
    Action.SERVICE_STOP: Meaning(ACTIVITY, "E", STOP),
    Action.SETTINGS_CHANGE: Meaning(ALERT, "U", SECURITY_CONFIGURATION),
    Action.SCHEMA_CHANGE: _RELEASE,
    Action.BACKUP_MAKE: Meaning(EXPORT, "R"),
    Action.BACKUP_RESTORE: Meaning(ALERT, "C", SOFTWARE_CONFIGURATION),
    Action.DOCTOR_RUN: _RELEASE,
    Action.FILMS_MOVE: Meaning(EXPORT, "R"),
    Action.SIGN_IN: Meaning(AUTHENTICATION, "E", LOGIN),
    Action.SIGN_OUT: Meaning(AUTHENTICATION, "E", LOGOUT),
    Action.USER_ADD: _ACCOUNT,
    Action.USER_CHANGE: _ACCOUNT,
    Action.USER_REMOVE: _ACCOUNT,
    Action.USERS_READ: Meaning(ALERT, "R", USER_ATTRIBUTES, once=True),
    Action.KEY_ADD: _ACCOUNT,
    Action.KEY_REMOVE: _ACCOUNT,
    Action.KEYS_READ: Meaning(ALERT, "R", USER_ATTRIBUTES, once=True),
    Action.FILM_STORE: Meaning(TRANSFERRED, "C"),
    Action.FILM_SCORE: Meaning(TRANSFERRED, "C"),
    Action.FILM_EXPIRE: Meaning(STUDY_DELETED, "D"),
    Action.FILMS_LIST: _QUERY,
    Action.FILMS_FOLLOW: _QUERY,
    Action.FILM_READ: Meaning(ACCESSED, "R", once=True),
    Action.RESULT_REPLAY: Meaning(ACCESSED, "R"),
    Action.DOCUMENT_READ: Meaning(EXPORT, "R"),
    Action.JOBS_READ: _QUERY,
    Action.PRIORS_FETCH: Meaning(QUERY, "E"),
    Action.ARCHIVE_READ: Meaning(QUERY, "E"),
    Action.COMMITMENT_ANSWER: Meaning(QUERY, "E"),
    Action.PATIENT_LINK: Meaning(PATIENT, "U"),
    Action.ORDER_TAKE: Meaning(ORDER, "C"),
    Action.REPORT_TAKE: Meaning(ORDER, "C"),
    Action.REVIEW_ADD: _CHANGE,
    Action.FILM_ASSIGN: _CHANGE,
    Action.READING_COMMIT: _CHANGE,
    Action.READING_SET_GIVE: Meaning(ACTIVITY, "C"),
    Action.RESULT_WITHDRAW: _CHANGE,
    Action.RESULT_REGRADE: _CHANGE,
    Action.JOB_RETRY: _CHANGE,
    Action.DELIVERY_ASK: _CHANGE,
    Action.RESULT_DELIVER: Meaning(EXPORT, "R"),
    Action.REVIEWS_EXPORT: Meaning(EXPORT, "R"),
    Action.PROBLEM_REPORT: _CHANGE,
    Action.PROBLEM_CHANGE: _CHANGE,
    Action.PROBLEM_FILE_READ: Meaning(EXPORT, "R"),
    Action.PROBLEMS_READ: _QUERY,
    Action.PROBLEMS_EXPORT: Meaning(EXPORT, "R"),
    Action.PATIENT_ERASE: Meaning(STUDY_DELETED, "D"),
    Action.ERASURES_READ: _QUERY,
    Action.RESULT_EXPIRE: Meaning(STUDY_DELETED, "D"),
    Action.PROJECT_ADD: _PROJECT,
    Action.PROJECT_RENAME: _PROJECT,
    Action.PROJECT_CLOSE: _PROJECT,
    Action.PROJECTS_READ: Meaning(ALERT, "R", SECURITY_CONFIGURATION, once=True),
    Action.MEMBER_ADD: _ACCOUNT,
    Action.MEMBER_REMOVE: _ACCOUNT,
    Action.FILM_INCLUDE: _CHANGE,
    Action.FILM_EXCLUDE: _CHANGE,
    Action.MODEL_ADD: _RELEASE,
    Action.MODEL_TEST: _RELEASE,
    Action.MODEL_PROMOTE: _RELEASE,
    Action.MODEL_ROLLBACK: _RELEASE,
    Action.MODEL_RETIRE: _RELEASE,
    Action.MODEL_SHADOW: _RELEASE,
    Action.MODEL_STOP: _RELEASE,
    Action.ALARM_CLEAR: _RELEASE,
    Action.AGREEMENT_RESET: _RELEASE,
    Action.CONSTANCY_ACCEPT: _RELEASE,
    Action.MODELS_READ: Meaning(ALERT, "R", SOFTWARE_CONFIGURATION, once=True),
    Action.AUDIT_READ: Meaning(LOG_USED, "R", once=True),
    Action.AUDIT_EXPORT: Meaning(LOG_USED, "R"),
    Action.AUDIT_VERIFY: Meaning(LOG_USED, "R"),
    Action.AUDIT_PRUNE: Meaning(LOG_USED, "D"),
}
