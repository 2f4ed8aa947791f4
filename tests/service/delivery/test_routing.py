"""Which destinations get a result: by source, status and class of the film."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.uid import (
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    SecondaryCaptureImageStorage,
)

from radiograde.model.scoring.result import Status
from radiograde.service.config.site import FilmSource, FolderDestinationConfig
from radiograde.service.delivery.film_facts import FilmFacts, reasons_of
from radiograde.service.delivery.routing import RoutingRules

DX = DigitalXRayImageStorageForPresentation


def folder(name: str, *sources: FilmSource) -> FolderDestinationConfig:
    more = {"sources": sources} if sources else {}
    return FolderDestinationConfig.model_validate(
        {"type": "folder", "name": name, "path": Path("x"), **more}
    )


def names(
    rules: RoutingRules,
    sources: set[FilmSource],
    status: Status,
    sop_class: str | None,
    reasons: set[str] | None = None,
) -> list[str]:
    film = FilmFacts(sources, status, sop_class, reasons or set())
    return [one.name for one in rules.routes_of(film)]


RULES = RoutingRules(
    [folder("default"), folder("page", "http"), folder("all", "dicom", "dicomweb", "http")]
)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"dicom"}, ["default", "all"]),
        ({"folder"}, ["default"]),
        ({"http"}, ["page", "all"]),
        ({"http", "folder"}, ["default", "page", "all"]),
        (set(), []),
    ],
)
def test_a_destination_gets_the_films_of_its_sources(
    sources: set[FilmSource], expected: list[str]
) -> None:
    assert names(RULES, sources, "scored", DX) == expected
    assert RULES.names == ["default", "page", "all"]


@pytest.mark.parametrize(
    ("status", "sop_class", "goes_out"),
    [
        ("scored", DX, True),
        ("scored", SecondaryCaptureImageStorage, True),
        ("scored", None, True),
        ("rejected", DX, True),
        ("rejected", SecondaryCaptureImageStorage, False),
        ("rejected", CTImageStorage, False),
        ("rejected", None, False),
        ("failed", DX, False),
    ],
)
def test_a_rejected_capture_and_a_failed_film_go_nowhere(
    status: Status, sop_class: str | None, goes_out: bool
) -> None:
    assert bool(names(RULES, {"dicom"}, status, sop_class)) is goes_out


@pytest.mark.parametrize("reason", ["lateral_view", "not_frontal"])
def test_the_laterals_of_a_study_litter_no_archive(reason: str) -> None:
    assert names(RULES, {"dicom"}, "rejected", DX, {reason, "low_quality"}) == []
    assert names(RULES, {"dicom"}, "rejected", DX, {"low_quality"}) != []
    assert names(RULES, {"dicom"}, "scored", DX, {reason}) != []


def test_reasons_are_read_from_a_results_json() -> None:
    reasons = [
        {"code": "lateral_view", "level": "reject", "message": "x"},
        {"code": "view_unknown", "level": "warn", "message": "x"},
    ]
    assert reasons_of({"gate": {"reasons": reasons}}) == {"lateral_view"}
    assert reasons_of({"gate": None}) == set()


def test_reports_on_rejected_films_can_be_turned_off() -> None:
    quiet = RoutingRules(RULES.destinations, rejected=False)
    assert names(quiet, {"dicom"}, "rejected", DX) == []
    assert names(quiet, {"dicom"}, "scored", DX) != []
