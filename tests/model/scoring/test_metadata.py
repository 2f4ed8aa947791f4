import json
from typing import Any

import pytest

from radiograde.model.errors import ModelFileError
from radiograde.model.scoring.input_check import CLASSES
from radiograde.model.scoring.intervals import Width
from radiograde.model.scoring.metadata import ModelMetadata

GOOD: dict[str, Any] = {
    "format": "radiograde.model/2",
    "name": "test",
    "version": "1",
    "created": "2026-01-01T00:00:00+00:00",
    "licence": "CC0-1.0",
    "zones": list("ABCDEF"),
    "preprocessing": {"size": 512, "low": 0.5, "high": 99.5},
    "zone_borders": [0.3, 0.7],
    "intervals": {
        "level": 0.9,
        "zones": [0.5, 1, 0.2],
        "brixia": [2, 1, 1.5],
        "geographic_extent": [1, 0, 0],
        "opacity": [1, 0, 0],
    },
    "thresholds": {
        "severity": [1, 6.5, 12.5],
        "involved": 0.25,
        "least_lung": 0.05,
        "frontal": 0.4,
    },
    "scope": list(CLASSES),
    "metrics": {},
}


def test_what_the_file_says_is_what_is_used() -> None:
    metadata = ModelMetadata.parse(json.dumps(GOOD))
    assert metadata.preprocessing.size == 512
    assert metadata.intervals.brixia == Width(2, 1, 1.5)
    assert metadata.thresholds.severity == (1, 6.5, 12.5)
    assert metadata.raw["licence"] == "CC0-1.0"


@pytest.mark.parametrize("key", GOOD)
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(ModelFileError, match=key):
        ModelMetadata.parse(json.dumps({k: v for k, v in GOOD.items() if k != key}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "radiograde.model/9"}, "radiograde.model/9"),
        ({"zones": list("FEDCBA")}, "A, B, C"),
        ({"preprocessing": {"size": 512, "sigma": 3}}, "sigma"),
        ({"scope": ["frontal", "cat"]}, "lateral_view"),
        ({"thresholds": {"severity": [1, 2], "involved": 0.2, "least_lung": 0}}, "unpack"),
    ],
)
def test_another_contract_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        ModelMetadata.parse(json.dumps(GOOD | change))


def test_no_json_is_refused() -> None:
    with pytest.raises(ModelFileError):
        ModelMetadata.parse("{")
