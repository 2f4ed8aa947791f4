from __future__ import annotations

import functools
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage

from radiograde.model.limits import Limits
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.mercure import module as mercure
from radiograde.service.mercure.module import run_module
from tests.service.documents.graded_films import SOP_UID, graded_film
from tests.service.documents.graded_films import film_bytes as draw
from tests.service.fakes import POOR, BreakingScorer, FakeScorer, png

SERIES = "1.2.826.0.1.3680043.10.1541.2"
film_bytes = functools.cache(draw)
PATIENT = ("민준", "P-1", "ACC-7", "HOSPITAL", "Erring", "19600102")


class Task:
    """A task's folders as Mercure makes them."""

    def __init__(self, root: Path) -> None:
        self.inbox = root / "in"
        self.out = root / "out"
        self.inbox.mkdir()
        self.out.mkdir()
        self.settings()

    def settings(self, **settings: Any) -> None:
        process = {"module_name": "radiograde", "settings": settings, "retain_input_images": False}
        task = {"id": "7", "info": {"action": "process", "mrn": "P-1"}, "process": process}
        (self.inbox / "task.json").write_text(json.dumps(task))

    def put(self, content: bytes, number: int = 0) -> str:
        name = f"{SERIES}#{SOP_UID}.{number}.dcm"
        (self.inbox / name).write_bytes(content)
        (self.inbox / f"{SERIES}#{SOP_UID}.{number}.tags").write_text("{}")
        return name

    def run(
        self,
        scorer: Scorer | None = None,
        builders: mercure.Builders | None = None,
        limits: Limits | None = None,
    ) -> int:
        chosen = builders or fake_builders
        return run_module(self.inbox, self.out, scorer or FakeScorer(), limits or Limits(), chosen)

    @property
    def result(self) -> Any:
        return json.loads((self.out / "result.json").read_text())

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.out.iterdir())


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(tmp_path)


def fake_builders(kind: DocumentKind) -> Callable[[GradedFilm], Document]:
    """Return builders whose documents are the film under a UID of their own."""

    def build(graded: GradedFilm) -> Document:
        uid = f"1.2.3.{sum(kind.encode())}"
        return Document(kind, f"{kind}.dcm", "application/dicom", film_bytes(), "1.2", uid)

    return build


def test_a_film_gives_its_documents_and_a_result(task: Task) -> None:
    task.put(film_bytes())
    assert run_module(task.inbox, task.out, FakeScorer(), Limits()) == 0
    dicom = [name for name in task.names if name.endswith(".dcm")]
    assert len(dicom) == 3
    modalities = set()
    for name in dicom:
        ds = dcmread(task.out / name)
        assert name == f"{ds.SeriesInstanceUID}#{ds.SOPInstanceUID}.dcm"
        assert ds.SeriesInstanceUID != SERIES
        assert ds.StudyInstanceUID == dcmread(io.BytesIO(film_bytes())).StudyInstanceUID
        modalities.add(ds.Modality)
    assert modalities >= {"SR", "SEG"}
    (film,) = task.result["films"]
    assert film["status"] == "scored"
    assert film["scores"]["brixia"]["value"] == 6.7
    assert film["documents"] == ["sr", "seg", "sc"]
    assert task.result["states"] == {"scored": 1}
    assert task.names == sorted([*dicom, "result.json"])


def test_what_mercure_keeps_names_nobody(task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    task.put(film_bytes())
    assert task.run() == 0
    said = "".join(capsys.readouterr()) + (task.out / "result.json").read_text()
    assert "module_done" in said
    assert not any(name in said for name in PATIENT)
    notification = task.result["__mercure_notification"]["text"]
    score = "Brixia 6.7 of 18 (90% interval 5.7-7.7), moderate"
    assert notification.startswith(f"Films: 1 scored. {score}. Research use only.")


def test_settings_choose_documents_and_pass_films_on(task: Task) -> None:
    name = task.put(film_bytes())
    task.settings(documents=["sc"], copy_films=True)
    assert task.run() == 0
    assert len(task.names) == 3
    assert name in task.names
    assert (task.out / name).read_bytes() == film_bytes()
    assert task.result["films"][0]["documents"] == ["sc"]


@pytest.mark.parametrize(
    "text",
    ["{}", '{"process": {}}', '{"process": []}', '{"process": {"settings": null}}', None],
)
def test_without_settings_the_defaults_hold(task: Task, text: str | None) -> None:
    task.put(film_bytes())
    path = task.inbox / "task.json"
    path.write_text(text) if text else path.unlink()
    assert task.run() == 0
    assert task.result["films"][0]["documents"] == ["sr", "seg", "sc"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "no json",
        "\udcff",
        '{"process": [1]}',
        '{"process": {"settings": {"documents": ["pdf"]}}}',
        '{"process": {"settings": {"document": ["sr"]}}}',
        '{"process": {"settings": {"documents": "DOE^JANE"}}}',
        '{"process": {"settings": [1]}}',
    ],
)
def test_settings_that_do_not_fit_fail_the_task(
    task: Task, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    task.put(film_bytes())
    (task.inbox / "task.json").write_bytes(text.encode(errors="surrogateescape"))
    assert task.run() == 1
    said = "".join(capsys.readouterr())
    assert "Traceback" not in said
    assert "DOE" not in said


def test_a_rejected_film_gives_the_report_that_says_why(task: Task) -> None:
    task.put(film_bytes())
    assert task.run(FakeScorer(rejects=True, reason=POOR)) == 0
    (film,) = task.result["films"]
    assert film["status"] == "rejected"
    assert film["documents"] == ["sr"]


def test_a_lateral_gives_its_result_and_no_report(task: Task) -> None:
    task.put(film_bytes())
    assert task.run(FakeScorer(rejects=True)) == 0
    assert task.result["films"][0]["status"] == "rejected"
    assert task.result["films"][0]["documents"] == []


def test_other_objects_and_own_documents_are_left_out(task: Task) -> None:
    from radiograde.service.documents.sr.structured_report import structured_report

    task.put(structured_report(graded_film()).content, 1)
    task.put(film_bytes(SOPClassUID=CTImageStorage), 2)
    assert task.run() == 0
    assert task.result["films"] == []
    assert task.names == ["result.json"]
    task.put(film_bytes(), 3)
    assert task.run() == 0
    assert len(task.result["films"]) == 1


def test_a_broken_file_beside_a_good_one_is_reported(task: Task) -> None:
    task.put(film_bytes())
    task.put(film_bytes()[:3000], 1)
    task.put(b"DOE^JANE", 2)
    assert task.run() == 0
    assert task.result["states"] == {"scored": 1, "failed": 2}
    codes = [film["error"]["code"] for film in task.result["films"] if "error" in film]
    assert sorted(codes) == ["truncated", "unknown_format"]


def test_a_task_whose_every_film_is_broken_fails(task: Task) -> None:
    task.put(film_bytes()[:3000])
    assert task.run() == 1
    assert task.result["states"] == {"failed": 1}


def test_a_file_too_large_is_not_read(task: Task) -> None:
    task.put(film_bytes())
    assert task.run(limits=Limits(max_bytes=100)) == 1
    assert task.result["films"][0]["error"]["code"] == "too_large"


def test_a_picture_is_graded_and_has_no_dicom_documents(task: Task) -> None:
    task.put(png())
    assert task.run() == 0
    assert task.result["films"][0]["documents"] == []


def test_a_task_without_films_fails(task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    assert task.run() == 1
    assert "mercure_task" in capsys.readouterr().out
    shutil.rmtree(task.inbox)
    assert task.run() == 1


@pytest.mark.parametrize("broken", ["scorer", "builder", "folder"])
def test_what_breaks_fails_the_task_and_names_nobody(
    task: Task, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def builders(kind: DocumentKind) -> Callable[[GradedFilm], Document]:
        raise RuntimeError("DOE^JANE")

    task.put(film_bytes())
    if broken == "folder":
        task.out.rmdir()
    scorer = BreakingScorer() if broken == "scorer" else FakeScorer()
    assert task.run(scorer, builders if broken == "builder" else None) == 1
    said = "".join(capsys.readouterr())
    assert "module_failed" in said
    assert "Traceback" not in said
    assert "JANE" not in said
