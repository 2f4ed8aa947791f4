"""A night beside the day of installation: what is no longer as it was, and where to look."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from radiograde.service.constancy.measured_film import ArrivedDocument, MeasuredFilm

FindingKind = Literal["source", "decoder", "window", "model", "delivery", "clock"]

NETWORK_TOLERANCE = 0.02
"""In points of the scales: another processor or version of the runtime moves less."""

CLOCK_TOLERANCE_S = 5.0
SIZE_TOLERANCE = 0.25
"""Share of a document's size: a version's name or a date changes less."""

_STAGES: Sequence[tuple[str, FindingKind]] = (
    ("decoding", "decoder"),
    ("greyscale", "window"),
    ("preparation", "window"),
)


@dataclass(frozen=True, slots=True)
class NightFinding:
    """Something that is not as it was: ``where``: source and picture. ``what``: in words."""

    kind: FindingKind
    where: str
    what: str

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON types."""
        return asdict(self)


def compare_night(
    now: Sequence[MeasuredFilm],
    before: Mapping[str, MeasuredFilm],
    released: Collection[str],
) -> list[NightFinding]:
    """Return what of a night is not as it was.

    ``before``: by key; a film that is not there is looked at alone. ``released``: sha256 of the
    models that may grade: those that were put into production here, and the baseline's.
    """
    return [one for film in now for one in _of_film(film, before.get(film.key), released)]


def _of_film(
    film: MeasuredFilm, before: MeasuredFilm | None, released: Collection[str]
) -> Iterator[NightFinding]:
    if film.refused is not None:
        yield NightFinding("source", film.key, f"The film was refused: {film.refused}")
        return
    if abs(film.clock_s) > CLOCK_TOLERANCE_S:
        what = f"A recorded time is {film.clock_s:+.0f} s outside of those it lies between."
        yield NightFinding("clock", film.key, what)
    if film.status is None:
        yield NightFinding("source", film.key, "The film was accepted, and not graded in time.")
        return
    yield from _of_delivery(film, before)
    if film.model not in released:
        what = f"Model {(film.model or '')[:12]} graded, which nobody released here."
        yield NightFinding("model", film.key, what)
    elif before is not None:
        yield from _of_grading(film, before)


def _of_grading(film: MeasuredFilm, before: MeasuredFilm) -> Iterator[NightFinding]:
    """Yield the first stage whose outcome differs: those behind it follow from it."""
    now, then = film.stages or {}, before.stages or {}
    for stage, kind in _STAGES:
        if now.get(stage) != then.get(stage):
            what = f"The film is read otherwise than before, beginning in: {stage}."
            yield NightFinding(kind, film.key, what)
            return
    if film.model != before.model:
        return
    moved = _moved(now.get("network"), then.get("network"))
    if film.status != before.status or moved > NETWORK_TOLERANCE:
        what = f"{before.status} became {film.status}; the network's values moved by {moved:.3f}."
        yield NightFinding("model", film.key, what)


def _moved(now: Any, then: Any) -> float:
    """Return by how much the network's answer moved at most."""
    if not now or not then:
        return 0.0 if now == then else float("inf")
    pairs = zip(now["values"], then["values"], strict=True)
    return max((abs(one - other) for one, other in pairs), default=0.0)


def _of_delivery(film: MeasuredFilm, before: MeasuredFilm | None) -> Iterator[NightFinding]:
    for name in film.undelivered:
        yield NightFinding("delivery", film.key, f"Nothing arrived at {name} in time.")
    known = {} if before is None else before.documents or {}
    arrived = film.documents or {}
    if film.undelivered:
        return
    for name in sorted(known.keys() | (arrived.keys() if known else set())):
        why = _why_not(arrived.get(name), known.get(name))
        if why is not None:
            yield NightFinding("delivery", film.key, f"{name} {why}.")


def _why_not(now: ArrivedDocument | None, then: ArrivedDocument | None) -> str | None:
    if now is None:
        return "did not arrive"
    if then is None:
        return "was never sent before"
    if now.names_film != then.names_film:
        return "is not about the film that was sent"
    if abs(now.size - then.size) > SIZE_TOLERANCE * then.size:
        return f"has {now.size} bytes instead of {then.size}"
    return None
