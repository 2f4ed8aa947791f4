"""Drawn films through every interface: five faults are found, quiet nights are quiet."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from click.testing import CliRunner
from ulid import ULID

from radiograde.command import main
from radiograde.model.limits import Limits
from radiograde.model.reading import codecs, voi
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.constancy_config import ConstancyConfig, ConstancySource
from radiograde.service.config.load import load_settings
from radiograde.service.config.rules import RuleConfig
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import NodeConfig
from radiograde.service.constancy.constancy_repository import (
    MEASURED_KEPT,
    ConstancyRepository,
)
from radiograde.service.constancy.drawn_films import PICTURES, drawn_film
from radiograde.service.constancy.film_measuring import FilmMeasuring, SentFilm
from radiograde.service.constancy.film_senders import Send, film_senders
from radiograde.service.constancy.measured_film import ArrivedDocument, MeasuredFilm
from radiograde.service.constancy.night_comparison import NightFinding
from radiograde.service.constancy.nightly_constancy import NightlyConstancy
from radiograde.service.database.programme_tables import constancy_runs
from radiograde.service.database.tables import films
from radiograde.service.delivery.destinations.folder_destination import FolderDestination
from radiograde.service.delivery.film_facts import FilmFacts
from radiograde.service.delivery.routing import RoutingRules
from radiograde.service.errors import SiteError
from radiograde.service.films import film_repository
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.records import Records, open_records
from radiograde.service.programme.model_repository import ModelRepository
from tests.orthanc import free_port
from tests.service.constancy.night import Installation, folder, installation

Break = Callable[[Installation, pytest.MonkeyPatch], object]


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(threads=1)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, scorer: Scorer) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("constancy"), scorer) as made:
        assert made.found() == []
        yield made


@pytest.fixture
def site(installed: Installation, scorer: Scorer) -> Iterator[Installation]:
    """Return an installation on the days after the first, as it was then."""
    nightly = installed.nightly
    yield installed
    installed.grader.use(scorer)
    installed.nightly = nightly


def test_a_night_reaches_no_worklist_and_no_clinical_destination(site: Installation) -> None:
    asked: list[Any] = []
    work = site.nightly.measuring.work  # type: ignore[attr-defined]

    def look() -> None:
        work()
        for path in ("worklist", "worklist?sort=severity", "worklist?status=scored"):
            asked.append(requests.get(f"{site.address}/v1/{path}", timeout=30).json()["films"])
        assert len(list(site.test.glob("*/*/*.json"))) == 6

    measuring = dataclasses.replace(site.nightly.measuring, work=look)  # type: ignore[call-arg]
    site.nightly = dataclasses.replace(site.nightly, measuring=measuring)
    assert site.found() == []
    assert asked == [[], [], []]
    assert list(site.clinical.iterdir()) == []
    assert list(site.test.glob("*/*")) == []
    with site.records.database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(films)) == 0
    groups = site.records.archive.groups()
    assert [id for group, _ in groups for id in site.records.archive.ids_in(group)] == []


def other_model(site: Installation, patch: pytest.MonkeyPatch) -> None:
    changed = Scorer(threads=1)
    changed.facts = dataclasses.replace(changed.facts, sha256="ef" * 32)
    site.grader.use(changed)


def other_numbers(site: Installation, patch: pytest.MonkeyPatch) -> None:
    run = site.grader.scorer.session.run

    def answers(outputs: Any, feeds: Any) -> Any:
        return [
            one + 0.05 if name == "zones" else one
            for name, one in zip(outputs, run(outputs, feeds), strict=True)
        ]

    changed = Scorer(threads=1)
    patch.setattr(changed.session, "run", answers, raising=False)
    site.grader.use(changed)


def other_decoder(site: Installation, patch: pytest.MonkeyPatch) -> None:
    decode = codecs.decode
    for module in ("radiograde.model.reading.codecs", "radiograde.model.reading.dicom_frame"):
        patch.setattr(f"{module}.decode", lambda *given: decode(*given) ^ 1, raising=False)


def other_window(site: Installation, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(voi, "read_window", lambda header: None)


def lost_document(site: Installation, patch: pytest.MonkeyPatch) -> None:
    send = FolderDestination.send
    patch.setattr(
        FolderDestination,
        "send",
        lambda self, documents, id: send(
            self, [one for one in documents if one.kind != "fhir"], id
        ),
    )


def other_clock(site: Installation, patch: pytest.MonkeyPatch) -> None:
    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(hours=1)

    patch.setattr(film_repository, "datetime", Late)


@pytest.mark.parametrize(
    ("breaks", "kind"),
    [
        (other_model, "model"),
        (other_numbers, "model"),
        (other_decoder, "decoder"),
        (other_window, "window"),
        (lost_document, "delivery"),
        (other_clock, "clock"),
    ],
)
def test_a_fault_is_found_by_the_next_run(
    site: Installation, breaks: Break, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        breaks(site, patch)
        found = site.found()
    assert {one for one, _ in found} == {kind}
    assert {"dicomweb/3", "dicom/3"} <= {where for _, where in found}
    faults = standing_faults(site.records, Settings(data_dir=site.clinical.parent / "data"))
    assert [one.what.rpartition(": ")[2] for one in faults if one.code == "constancy"] == [kind]


def test_no_rule_brings_a_drawn_film_elsewhere_and_no_patients_film_to_the_test(
    tmp_path: Path,
) -> None:
    test = folder("test", tmp_path / "test", sources=["constancy"])
    share = folder("share", tmp_path / "share")
    everything = RuleConfig(to=("share", "test"))
    for rules in ((), (everything,)):
        routing = RoutingRules((test, share), rules=rules)
        drawn = FilmFacts({"constancy", "dicom"}, "scored")
        assert [route.name for route in routing.routes_of(drawn)] == ["test"]
        assert [route.name for route in routing.routes_of(FilmFacts({"dicom"}, "scored"))] == [
            "share"
        ]


def test_an_interface_that_is_down_is_found(site: Installation) -> None:
    closed = ConstancyConfig(sources=("http",), url=f"http://127.0.0.1:{free_port()}")
    down = film_senders(closed, NodeConfig())
    site.nightly = dataclasses.replace(site.nightly, senders=down)
    assert site.found() == [("source", "http/3")]


def test_a_model_that_was_put_into_production_is_no_fault_and_the_night_before_is(
    site: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = ModelRepository(site.records.database)
    facts = dataclasses.replace(site.grader.scorer.facts, sha256="cd" * 32)
    models.add(facts, "kim")
    models.promote(facts.sha256, "kim", "evidence")
    assert {kind for kind, _ in site.found()} == {"model"}
    changed = Scorer(threads=1)
    changed.facts = facts
    nightly = site.nightly
    senders: Mapping[ConstancySource, Send] = {"dicom": nightly.senders["dicom"]}
    site.nightly = dataclasses.replace(nightly, senders=senders)
    site.grader.use(changed)
    assert site.found() == []
    baseline = nightly.runs.baseline()
    assert baseline is not None
    assert {film.model for film in baseline.films} == {facts.sha256}


class QuietMeasuring(FilmMeasuring):
    """Measures what a quiet night gives: nothing but what other hardware and versions move."""

    def wait(self, *_: object) -> None:
        pass

    def measure(self, sent: SentFilm) -> MeasuredFilm:
        chance = random.Random(sent.uid)  # noqa: S311 - no secret
        stages: Mapping[str, Any] = {
            "decoding": {"pixels": sent.picture},
            "network": {"values": [1.0 + chance.uniform(-0.009, 0.009) for _ in range(8)]},
        }
        size = round(20_000 * chance.uniform(0.95, 1.05))
        documents = {"constancy/sr.dcm": ArrivedDocument(size, names_film=True)}
        late = chance.uniform(0, 4.0)
        return MeasuredFilm(
            sent.source, sent.picture, None, "scored", "ab" * 32, stages, documents, (), late
        )


def test_a_year_of_nights_without_a_fault_is_quiet(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hour by hour, with both changes of the clocks; of two workers one does each night."""
    moment = datetime(2026, 1, 1)
    drawing = "radiograde.service.constancy.nightly_constancy.drawn_film"
    monkeypatch.setattr(drawing, lambda _: (str(ULID()), b""))

    def take(*_: object) -> None:
        pass

    nightly = NightlyConstancy(
        records.database,
        records.archive,
        records.constancy_films,
        QuietMeasuring(records.films, records.results, records.traces, records.deliveries, ()),
        {"http": take},
        hour=2,
        wait_s=1.0,
        now=lambda: moment,
        pictures=("1",),
    )
    for night in range(365):
        for hour in (1, 3, 3):
            moment = datetime(2026, 1, 1, hour) + timedelta(days=night)
            nightly.run_if_due()
    runs: list[dict[str, Any]] = records.database.rows(sa.select(constancy_runs), dict)
    assert len(runs) == 365
    assert [run for run in runs if run["ended"] is None or run["findings"]] == []
    assert sum(run["baseline"] for run in runs) == 1
    assert sum(run["measured"] is not None for run in runs) == MEASURED_KEPT + 1


def test_a_night_that_ended_with_its_worker_is_begun_again(records: Records) -> None:
    runs = ConstancyRepository(records.database)
    assert runs.begin("2026-01-01") is not None
    assert runs.begin("2026-01-01") is None
    old = datetime.now(UTC) - timedelta(hours=2)
    with records.database.write() as connection:
        connection.execute(sa.update(constancy_runs).values(began=old))
    assert runs.begin("2026-01-01") is not None


def test_a_clock_that_went_back_is_found(records: Records) -> None:
    runs = ConstancyRepository(records.database)
    run = runs.begin("2026-01-01")
    assert run is not None
    runs.end(run, [], [], baseline=False)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with records.database.write() as connection:
        connection.execute(sa.update(constancy_runs).values(began=tomorrow))
    measuring = FilmMeasuring(
        records.films, records.results, records.traces, records.deliveries, ()
    )
    expected, archive = records.constancy_films, records.archive
    nightly = NightlyConstancy(records.database, archive, expected, measuring, {}, 2, 1.0)
    found = nightly.run().findings or ()
    assert [(one["kind"], one["where"]) for one in found] == [("clock", "computer")]


@pytest.mark.parametrize("picture", PICTURES)
def test_a_drawn_film_names_nobody_and_is_never_the_same(picture: str) -> None:
    (one, content), (other, _) = drawn_film(picture), drawn_film(picture)
    assert one != other
    header = FilmFile(content, Limits()).header
    assert header is not None
    assert header.decoded("PatientID") == ""
    assert header.decoded("PatientName") == ""


@pytest.mark.parametrize(
    ("site_file", "said"),
    [
        ('[constancy]\nsources = ["http"]\n', "no destination has sources"),
        (
            '[[destination]]\nname = "x"\ntype = "folder"\npath = "/x"\n'
            'sources = ["constancy", "dicom"]\n',
            "beside others",
        ),
    ],
)
def test_results_go_to_a_destination_of_the_test_alone(
    tmp_path: Path, site_file: str, said: str
) -> None:
    (tmp_path / "radiograde.toml").write_text(site_file)
    with pytest.raises(SiteError, match=said):
        load_settings(data_dir=tmp_path)


def test_the_command_shows_and_accepts_the_last_run(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["constancy", *arguments, "--data-dir", str(tmp_path)])
        return done.exit_code, done.output

    with closing(open_records(Settings(data_dir=tmp_path))) as records:
        assert run()[0] == 2
        assert run("--last")[0] == 1
        runs = ConstancyRepository(records.database)
        begun = runs.begin("2026-01-01")
        assert begun is not None
        runs.end(begun, [], [NightFinding("window", "http/1", "Otherwise.")], baseline=False)
        code, shown = run("--last")
        assert (code, "window: http/1: Otherwise." in shown) == (3, True)
        assert run("--accept")[0] == 0
        baseline = runs.baseline()
        assert baseline is not None
        assert baseline.id == begun.id
