"""Two results of one film compared digit by digit, and what made them part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

UNREPORTED = frozenset({"id", "timing_ms", "notice", "schema"})
"""Members of a result that say nothing of the film."""

STAGES = ("decoding", "greyscale", "preparation", "network")
"""Of a trace, in their order: the first that differs is where the change came in."""

REPORT = "report"
"""The stage after the network: rounding, scales, intervals, the input check's words."""

ACTS_IN: Mapping[str, tuple[str, ...]] = {
    "decoding": (
        "film",
        "settings",
        "libraries.pydicom",
        "libraries.imagecodecs",
        "libraries.pillow",
        "libraries.numpy",
        "code",
    ),
    "greyscale": ("libraries.pydicom", "libraries.numpy", "code"),
    "preparation": ("model", "libraries.numpy", "libraries.pillow", "code"),
    "network": ("model", "libraries.onnxruntime", "provider", "threads", "processor", "system"),
    REPORT: ("model", "code", "libraries.numpy", "settings", "film"),
}
"""Which parts of a trace can change what a stage gives."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value that differs; ``name``: its place, such as ``scores.brixia.value``."""

    name: str
    before: Any
    now: Any

    @property
    def by(self) -> float | None:
        """How much larger a number is now; None of what is no number."""
        if _is_number(self.before) and _is_number(self.now):
            return float(f"{self.now - self.before:.6g}")
        return None

    def to_json(self) -> dict[str, Any]:
        """Return the change as plain JSON types."""
        return {"name": self.name, "before": self.before, "now": self.now, "by": self.by}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between a kept result and one made now.

    ``digits``: of what is reported. ``parts``: of what made it. ``stage``: the first that gave
    something else, None where all gave the same or no trace was kept. ``traced``: one was kept.
    """

    digits: tuple[Change, ...]
    parts: tuple[Change, ...]
    stage: str | None
    traced: bool

    @property
    def is_same(self) -> bool:
        """Whether every reported digit is equal."""
        return not self.digits

    @property
    def suspects(self) -> tuple[str, ...]:
        """The changed parts that act in the stage where the change came in."""
        if self.stage is None:
            return ()
        acting = ACTS_IN[self.stage]
        return tuple(
            part.name
            for part in self.parts
            if any(part.name == one or part.name.startswith(f"{one}.") for one in acting)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain JSON types."""
        return {
            "same": self.is_same,
            "digits": [change.to_json() for change in self.digits],
            "stage": self.stage,
            "suspects": list(self.suspects),
            "parts": [change.to_json() for change in self.parts],
            "traced": self.traced,
        }


def compare(
    result: Mapping[str, Any],
    trace: Mapping[str, Any] | None,
    result_now: Mapping[str, Any],
    trace_now: Mapping[str, Any],
) -> Comparison:
    """Return what differs between two results as JSON, and between their traces."""
    digits = changes(_reported(result), _reported(result_now))
    if trace is None:
        return Comparison(digits, (), None, traced=False)
    parts = changes(_made_by(trace), _made_by(trace_now))
    stage = _first_stage(trace, trace_now)
    return Comparison(digits, parts, stage or (REPORT if digits else None), traced=True)


def changes(before: Any, now: Any, name: str = "") -> tuple[Change, ...]:
    """Return every leaf of two JSON values that differs; one that is missing counts as None."""
    return tuple(_changes(before, now, name))


def _changes(before: Any, now: Any, name: str) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*before, *now)):
            yield from _changes(before.get(key), now.get(key), f"{name}.{key}" if name else key)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for place, (one, other) in enumerate(zip(before, now, strict=True)):
            yield from _changes(one, other, f"{name}[{place}]")
    elif before != now:
        yield Change(name, before, now)


def _reported(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a result reports of its film; which model did is a part of the trace."""
    return {
        name: value
        for name, value in result.items()
        if name not in {*UNREPORTED, "model", "reviews"}
    }


def _made_by(trace: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in trace.items() if name not in ("schema", "stages")}


def _first_stage(trace: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    before, after = trace["stages"] or {}, now["stages"] or {}
    return next((name for name in STAGES if before.get(name) != after.get(name)), None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
