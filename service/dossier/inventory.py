"""What the program is made of: every installed package that it needs, with version and licence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from radiograde import __version__

ROOT = "radiograde"
_UNKNOWN = "not stated"


def packages() -> list[Distribution]:
    """Return the packages that radiograde needs to run here, and what these need, by name."""
    found: dict[str, Distribution] = {}
    _gather(ROOT, found)
    found.pop(ROOT, None)
    return [found[name] for name in sorted(found)]


def licence_of(package: Distribution) -> str:
    """Return the licence that a package states: expression, classifier, or the first line."""
    metadata: Mapping[str, Any] = package.metadata  # type: ignore[assignment]  # a message
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in package.metadata.get_all("Classifier") or []
        if text.startswith("License ::")
    ]
    stated = metadata.get("License-Expression") or "; ".join(classifiers)
    lines = (stated or metadata.get("License") or _UNKNOWN).strip().splitlines()
    return lines[0][:80] if lines else _UNKNOWN


def inventory_page() -> str:
    """Return the page as Markdown."""
    rows = [
        f"| {one.metadata['Name']} | {one.version} | {licence_of(one).replace('|', '/')} |"
        for one in packages()
    ]
    return "\n".join(
        [
            "# Software bill of materials and licences",
            "",
            f"Radiograde {__version__} is licensed under Apache-2.0; the licence of the model's "
            "weights is in the model card. The packages below are those installed where this "
            "dossier was built. `sbom.cdx.json` beside this file has them as CycloneDX 1.5; "
            "`make sbom` makes the list of a release, `make audit` looks for known "
            "vulnerabilities. What is no Python package is not listed: the operating system, "
            "and Preact and htm in the page.",
            "",
            "| package | version | licence |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def cyclonedx() -> str:
    """Return the packages as a CycloneDX 1.5 document, JSON."""
    components = [
        {
            "type": "library",
            "name": one.metadata["Name"],
            "version": one.version,
            "purl": f"pkg:pypi/{canonicalize_name(one.metadata['Name'])}@{one.version}",
            "licenses": [{"license": {"name": licence_of(one)}}],
        }
        for one in packages()
    ]
    application = {"type": "application", "name": ROOT, "version": __version__}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": application},
        "components": components,
    }
    return json.dumps(document, indent=1) + "\n"


def _gather(name: str, found: dict[str, Distribution]) -> None:
    key = canonicalize_name(name)
    if key in found:
        return
    try:
        package = distribution(key)
    except PackageNotFoundError:  # of another platform
        return
    found[key] = package
    for needed in _needed(package.requires or ()):
        _gather(needed, found)


def _needed(requirements: Iterable[str]) -> Iterator[str]:
    for text in requirements:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
