"""What the page may change, as a JSON Schema."""

from __future__ import annotations

from typing import Any

from radiograde.service.config.settings import LIVE, Settings


def live_schema() -> dict[str, Any]:
    """Return the schema of the settings that are ``LIVE``, with the definitions that it names."""
    whole = Settings.model_json_schema()
    properties = {name: whole["properties"][name] for name in LIVE}
    names: set[str] = set()
    _collect(properties, whole["$defs"], names)
    definitions = {name: whole["$defs"][name] for name in sorted(names)}
    return {"type": "object", "properties": properties, "$defs": definitions}


def _collect(part: Any, definitions: dict[str, Any], names: set[str]) -> None:
    """Collect the names of the definitions that a part of the schema refers to."""
    if isinstance(part, list):
        for one in part:
            _collect(one, definitions, names)
    elif isinstance(part, dict):
        name = str(part.get("$ref", "")).removeprefix("#/$defs/")
        if name and name not in names:
            names.add(name)
            _collect(definitions[name], definitions, names)
        for one in part.values():
            _collect(one, definitions, names)
