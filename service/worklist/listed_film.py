"""A film as the worklist shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from radiograde.service.films.pseudonym import label_of
from radiograde.service.reviews.review import Review

_FAILURES = {
    "gave_up": "Grading this film began several times and never ended. Look at it yourself.",
    "no_document": "The film was no longer there when it was to be graded. Send it again.",
}
_FAILED = "The film could not be graded. Try it again."


def row_json(
    film: Any, review: Review | None, identity: Mapping[str, str | None]
) -> dict[str, Any]:
    """Return one film of the worklist as plain JSON types.

    ``film``: a row of :func:`service.worklist.query.rows_of`. ``identity``: what may be told of the
    patient beside the pseudonym.
    """
    patient = None if film.patient is None else {"label": label_of(film.patient), **identity}
    return {
        "id": film.id,
        "received": film.received.astimezone(UTC).isoformat(),
        "taken": film.taken,
        "door": film.source,
        **finding_json(film),
        "error": _error(film),
        "patient": patient,
        "kept": film.kept,
        "review": None if review is None else review_json(review),
    }


def finding_json(film: Any) -> dict[str, Any]:
    """Return what grading found: ``status``, ``view``, ``severity``, ``brixia``, ``reasons``."""
    document = film.document or {}
    return {
        "status": status_of(film),
        "view": document.get("image", {}).get("view"),
        "severity": film.severity,
        "brixia": _brixia(document),
        "reasons": document.get("gate", {}).get("reasons", []),
    }


def status_of(film: Any) -> str:
    """Return ``waiting``, ``scored``, ``rejected`` or ``failed``."""
    return str(film.status or "failed") if film.state == "graded" else str(film.state)


def review_json(review: Review) -> dict[str, Any]:
    """Return what stands in a row for a review."""
    return {
        "verdict": review.verdict,
        "reviewer": review.reviewer,
        "created": review.created.isoformat(),
        "brixia": review.brixia,
    }


def _brixia(document: Mapping[str, Any]) -> dict[str, Any] | None:
    if "scores" not in document:
        return None
    brixia = document["scores"]["brixia"]
    return {name: brixia[name] for name in ("value", "interval", "range")}


def _error(film: Any) -> dict[str, str] | None:
    if film.state != "failed":
        return None
    told: dict[str, str] | None = (film.document or {}).get("error")
    code = film.reason or "internal_error"
    return told or {"code": code, "message": _FAILURES.get(code, _FAILED)}
