"""Grades how much of the lungs pneumonia involves on a frontal chest radiograph.

    import radiograde

    result = radiograde.grade("film.dcm")
    print(result.status, result.severity, result.scores.brixia.value)

What this module offers is imported when it is first used. Research use only.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

__version__ = "0.8.0"

# onnxruntime reports to its maker, and writes below the home, unless this stands before its import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if TYPE_CHECKING:
    from radiograde.api import grade, read
    from radiograde.model.errors import (
        ModelFileError,
        RadiogradeError,
        TooLargeError,
        UnreadableError,
        UnsupportedSyntaxError,
    )
    from radiograde.model.limits import Limits
    from radiograde.model.reading.radiograph import Radiograph
    from radiograde.model.reasons import Reason
    from radiograde.model.scoring.film_trace import FilmTrace
    from radiograde.model.scoring.result import (
        Failure,
        GateVerdict,
        ImageFacts,
        Involvement,
        Maps,
        ModelFacts,
        ScaleScore,
        Scores,
        SeverityResult,
    )
    from radiograde.model.scoring.scorer import Scorer

__all__ = [
    "Failure",
    "FilmTrace",
    "GateVerdict",
    "ImageFacts",
    "Involvement",
    "Limits",
    "Maps",
    "ModelFacts",
    "ModelFileError",
    "RadiogradeError",
    "Radiograph",
    "Reason",
    "ScaleScore",
    "Scorer",
    "Scores",
    "SeverityResult",
    "TooLargeError",
    "UnreadableError",
    "UnsupportedSyntaxError",
    "__version__",
    "grade",
    "read",
]

_MODULES = {
    "radiograde.api": ("grade", "read"),
    "radiograde.model.errors": (
        "ModelFileError",
        "RadiogradeError",
        "TooLargeError",
        "UnreadableError",
        "UnsupportedSyntaxError",
    ),
    "radiograde.model.limits": ("Limits",),
    "radiograde.model.reading.radiograph": ("Radiograph",),
    "radiograde.model.reasons": ("Reason",),
    "radiograde.model.scoring.film_trace": ("FilmTrace",),
    "radiograde.model.scoring.result": (
        "Failure",
        "GateVerdict",
        "ImageFacts",
        "Involvement",
        "Maps",
        "ModelFacts",
        "ScaleScore",
        "Scores",
        "SeverityResult",
    ),
    "radiograde.model.scoring.scorer": ("Scorer",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # so that type checkers know the names above and no others

    def __getattr__(name: str) -> Any:
        """Return a member of the public API, imported at its first use (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """Return the public names, imported or not."""
        return sorted({*globals(), *__all__})
