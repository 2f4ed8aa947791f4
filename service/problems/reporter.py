"""Making the file of a problem from a kept film, and grading the film in such a file again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from radiograde import __version__
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile, open_film
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.masked import masked_settings
from radiograde.service.config.settings import Settings
from radiograde.service.errors import BundleError
from radiograde.service.films.archive import MAPS
from radiograde.service.grading.comparison import Comparison, compare
from radiograde.service.grading.grade_film import grade_film
from radiograde.service.grading.origin import origin_of
from radiograde.service.grading.records import Records
from radiograde.service.problems.clean_film import clean_film
from radiograde.service.problems.sealed_file import Bundle, sealed

IDENTIFYING = ("sop_instance_uid", "study_instance_uid", "sha256")
"""Members of a result's image that lead back to the film."""

_IDS = ("film_id", "result_id", "film")
_LOGGED = frozenset(
    {
        *_IDS,
        *("event", "level", "timestamp", "request_id", "method", "route", "status", "code"),
        *("error", "type", "reason", "gate", "attempts", "timing_ms", "ms", "known"),
    }
)
"""Members of log lines that are words and numbers of ours."""


@dataclass(frozen=True, slots=True)
class SealedProblem:
    """``content``: the file. ``seal``: its digest in words. ``painted``: share of the film."""

    content: bytes
    seal: str
    painted: float


@dataclass(frozen=True, slots=True)
class ProblemReporter:
    """Makes files of problems from what an installation keeps."""

    records: Records
    scorer: Scorer
    settings: Settings

    def make(self, id: str, log_lines: Sequence[str] = ()) -> SealedProblem:
        """Return the file of the problem with a result; ``log_lines``: those to choose from.

        The painted film is graded as the file is made: what that gives travels beside the result
        of the film itself, and is what must come out elsewhere.

        Raises:
            NotFoundError: no result has this id.
            UndocumentedError: the film is no longer kept.
            RadiogradeError: it cannot be read, so that it cannot be cleaned.
            StoreError: the database does not answer.
        """
        result = self.records.results.get(id)
        film = FilmFile(self.records.archive.film(id), self.settings.limits)
        clean = clean_film(film, self.records.archive.maps(id))
        painted = grade_film(FilmFile(clean.content, self.settings.limits), self.scorer, id)
        entries = {
            clean.name: clean.content,
            "result.json": _json(without_identity(result)),
            "trace.json": _json(_without_film(self.records.traces.find(id) or {})),
            "painted_result.json": _json(painted.result.to_json()),
            "painted_trace.json": _json(painted.trace),
            "versions.json": _json(origin_of(self.scorer)),
            "settings.json": _json(masked_settings(self.settings)),
            "log.jsonl": "".join(f"{line}\n" for line in lines_of(id, log_lines)).encode(),
        }
        maps = self.records.archive.document(id, MAPS)
        if maps is not None:
            entries[MAPS] = maps
        facts = {
            "result_id": id,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "radiograde": __version__,
            "painted_percent": round(100 * clean.painted, 1),
        }
        content, seal = sealed(Bundle(facts, entries))
        return SealedProblem(content, seal, clean.painted)


def replay_bundle(bundle: Bundle, scorer: Scorer, limits: Limits) -> Comparison:
    """Return how the film of a problem comes out here, beside what it came to where it was made.

    Raises:
        BundleError: the file lacks a usable result or trace.
        TooLargeError: the film is larger than is accepted here.
    """
    grading = grade_film(open_film(bundle.film, limits), scorer, bundle.facts["result_id"])
    result, trace = (bundle.document(f"painted_{name}.json") for name in ("result", "trace"))
    if not isinstance(trace.get("stages", ()), dict | None):
        raise BundleError("The file of the problem lacks a usable trace.")
    return compare(result, trace, grading.result.to_json(), grading.trace)


def without_identity(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result's JSON without what leads back to its film, and without reviews."""
    document = {name: value for name, value in result.items() if name != "reviews"}
    if image := document.get("image"):
        document["image"] = {
            name: value for name, value in image.items() if name not in IDENTIFYING
        }
    return document


def lines_of(id: str, lines: Sequence[str]) -> list[str]:
    """Return the log lines of a film and of the requests that name it, with plain members alone."""
    parsed = [line for line in map(_parsed, lines) if line]
    is_own = [id in (line.get(key) for key in _IDS) for line in parsed]
    own = (line for line, names_it in zip(parsed, is_own, strict=True) if names_it)
    requests = {str(line["request_id"]) for line in own if line.get("request_id")}
    return [
        json.dumps({name: value for name, value in line.items() if name in _LOGGED})
        for line, names_it in zip(parsed, is_own, strict=True)
        if names_it or str(line.get("request_id")) in requests
    ]


def _parsed(line: str) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _without_film(trace: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in trace.items() if name != "film"}


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, indent=1).encode()
