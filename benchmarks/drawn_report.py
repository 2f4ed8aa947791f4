"""A report drawn by OHIF, which takes it from a real Orthanc: pictures to be looked at.

npm pack @ohif/app && tar xzf ohif-app-*.tgz
python -m benchmarks.drawn_report package/dist film.dcm drawn.png
"""

from __future__ import annotations

import functools
import http.server
import json
import tempfile
import threading
from pathlib import Path
from typing import Any

import click
import requests
from playwright.sync_api import sync_playwright

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document_kinds import builder_of
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.grading.grade_film import grade_film
from tests.orthanc import free_port, running_orthanc
from tests.web.conftest import CHROMIUM

SENT: tuple[DocumentKind, ...] = ("sr", "seg", "pr")
PATIENCE_MS = 300_000
"""Images are fetched, and drawn without a graphics card."""

SETTLED_MS = 20_000
"""Between the film and its report: OHIF draws none that is opened while series are loaded."""

DRAWN = "document.querySelectorAll('svg.svg-layer text').length > 0"
GRAPHICS = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")

SOURCE = {
    "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
    "sourceName": "dicomweb",
    "configuration": {
        "name": "orthanc",
        "qidoRoot": "/dicom-web",
        "wadoRoot": "/dicom-web",
        "imageRendering": "wadors",
        "thumbnailRendering": "wadors",
    },
}
CONFIG = {
    "routerBasename": "/",
    "extensions": [],
    "modes": [],
    "investigationalUseDialog": {"option": "never"},
    "defaultDataSourceName": "dicomweb",
    "dataSources": [SOURCE],
}


class Viewer(http.server.SimpleHTTPRequestHandler):
    """Serves OHIF, and what lies below ``/dicom-web`` from Orthanc, as one origin."""

    def __init__(self, *args: Any, orthanc: str, **more: Any) -> None:
        self._orthanc = orthanc
        super().__init__(*args, **more)

    def do_GET(self) -> None:
        """Answer with the archive's words, the configuration, a file, or the page itself."""
        if self.path.startswith("/dicom-web"):
            accepts = {"Accept": self.headers.get("Accept", "*/*")}
            answer = requests.get(self._orthanc + self.path, headers=accepts, timeout=60)
            kind = answer.headers.get("Content-Type", "")
            self._answer(answer.status_code, kind, answer.content)
        elif self.path == "/app-config.js":
            script = f"window.config = {json.dumps(CONFIG)};"
            self._answer(200, "text/javascript", script.encode())
        else:
            if not Path(self.translate_path(self.path)).is_file():
                self.path = "/index.html"
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@click.command()
@click.argument("viewer", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("film", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("picture", type=click.Path(dir_okay=False, path_type=Path))
def main(viewer: Path, film: Path, picture: Path) -> None:
    """Grade FILM, store it and its documents, and draw its report in VIEWER into PICTURE."""
    graded = _graded(film)
    documents = [builder_of(kind)(graded).content for kind in SENT]
    with tempfile.TemporaryDirectory() as folder, running_orthanc(Path(folder)) as orthanc:
        for content in (film.read_bytes(), *documents):
            orthanc.post("/instances", content)
        serve = functools.partial(Viewer, orthanc=orthanc.url, directory=str(viewer))
        with http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), serve) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            study = graded.film.study_instance_uid
            url = f"http://127.0.0.1:{server.server_port}/viewer?StudyInstanceUIDs={study}"
            _draw(url, picture)
            server.shutdown()


def _graded(path: Path) -> GradedFilm:
    file = open_film(path, Limits())
    graded = grade_film(file, Scorer(threads=1), "01JARADMZ00000000000000000").graded_film()
    if graded is None or graded.result.scores is None:
        raise click.ClickException("The film was not scored.")
    return graded


def _draw(url: str, picture: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*GRAPHICS, "--ignore-gpu-blocklist", "--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script("localStorage.setItem('shownTours', '[\"basicViewerTour\"]')")
        page.goto(url)
        page.wait_for_selector("canvas")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(SETTLED_MS)
        page.locator('[data-cy^="study-browser-thumbnail"][data-series="9001"]').dblclick()
        page.wait_for_function(DRAWN)
        page.get_by_role("button", name="No", exact=True).click()
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
