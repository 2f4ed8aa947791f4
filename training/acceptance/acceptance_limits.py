"""What a site asks of a model before it is used there: a small TOML file over the defaults."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from radiograde.training.errors import ConfigError

DEFAULTS = Path(__file__).with_name("limits.toml")
"""The defaults, each with its reason."""

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)

Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class ScaleLimits:
    """What is asked on one scale; points of the scale, ``coverage`` a share (0-1).

    ``second_reader``: how far two readers are apart, where neither films nor model file say it.
    """

    __pydantic_config__ = _STRICT

    beyond_second_reader: Points
    bias: Points
    coverage: Share
    second_reader: Points | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked on every scale; limits.toml gives the meaning and the reason of each.

    ``certain``: whether the whole 95 % interval of a figure must keep its limit.
    """

    __pydantic_config__ = _STRICT

    least_films: Annotated[int, Field(ge=10)]
    certain: bool
    lost: Share
    brixia: ScaleLimits
    geographic_extent: ScaleLimits
    opacity: ScaleLimits

    def of(self, scale: str) -> ScaleLimits:
        """Return the limits of a scale by its name."""
        return {
            "brixia": self.brixia,
            "geographic_extent": self.geographic_extent,
            "opacity": self.opacity,
        }[scale]


_LIMITS = TypeAdapter(Limits)


def load_limits(path: Path | None = None) -> Limits:
    """Return the default limits, with those that a TOML file changes.

    Raises:
        ConfigError: no TOML, a limit that does not exist, or one out of its range.
    """
    merged = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))
    if path is not None:
        for name, value in _parsed(path).items():
            old = merged.get(name)
            both = isinstance(old, dict) and isinstance(value, dict)
            merged[name] = old | value if both else value
    try:
        return _LIMITS.validate_python(merged)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {where}: {first['msg']}.") from error


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML file: {error}.") from error
