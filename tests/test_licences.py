"""What is shipped with the service may be shipped: no GPL or AGPL among its dependencies."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement

FORBIDDEN = re.compile(r"\bA?GPL|(?<!Lesser )General Public License", re.IGNORECASE)

# The runtime library of GCC, inside some wheels of numpy: its exception covers linked programs.
GCC_RUNTIME = re.compile(r"GPL-3\.0\S* WITH GCC-exception-3\.1", re.IGNORECASE)


def runtime_distributions(root: str = "radiograde") -> dict[str, Distribution]:
    """Return what installing ``root`` without extras installs, by name."""
    found: dict[str, Distribution] = {}
    wanted = [Requirement(root)]
    while wanted:
        requirement = wanted.pop()
        if requirement.name in found:
            continue
        dist = distribution(requirement.name)
        found[requirement.name] = dist
        extras = requirement.extras or {""}
        for line in dist.requires or ():
            needed = Requirement(line)
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras
            ):
                wanted.append(needed)
    return found


def stated_licence(dist: Distribution) -> str:
    """Return what the package says of its licence: expression, classifiers, else the field."""
    metadata = dist.metadata
    classifiers = [
        line for line in metadata.get_all("Classifier", []) if line.startswith("License ::")
    ]
    expression = next(iter(metadata.get_all("License-Expression", [])), "")
    return (
        expression
        or "; ".join(classifiers)
        or next(iter(metadata.get_all("License", [])), "").split("\n")[0]
    )


def test_no_runtime_dependency_is_gpl() -> None:
    licences = {name: stated_licence(dist) for name, dist in runtime_distributions().items()}
    assert "numpy" in licences
    assert [name for name, said in licences.items() if not said] == []
    assert [
        name for name, said in licences.items() if FORBIDDEN.search(GCC_RUNTIME.sub("", said))
    ] == []


def test_the_search_knows_gpl_when_it_sees_it() -> None:
    said = ("GPL-3.0-or-later", "AGPL-3.0", "GNU General Public License v3 (GPLv3)")
    assert all(FORBIDDEN.search(licence) for licence in said)
    allowed = ("LGPL-2.1", "GNU Lesser General Public License v3", "MIT")
    assert not any(FORBIDDEN.search(licence) for licence in allowed)
