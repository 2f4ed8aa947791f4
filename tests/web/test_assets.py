"""What the page is made of: small, and from nowhere else."""

from __future__ import annotations

import gzip
import re

from radiograde.service.http.routes.page_routes import WEB

ASSETS = [
    path
    for path in WEB.rglob("*")
    if path.suffix in {".html", ".js", ".css", ".json", ".svg"}
    and not path.name.startswith("docs.")
]
MOST_BYTES = 300_000


def test_the_page_is_smaller_than_300_kb_compressed() -> None:
    assert len(ASSETS) > 20
    assert sum(len(gzip.compress(path.read_bytes())) for path in ASSETS) < MOST_BYTES


def test_nothing_is_loaded_from_elsewhere() -> None:
    known = re.compile(r"http://www\.w3\.org/\d{4}/\w+")
    strangers = {
        address
        for path in ASSETS
        for address in re.findall(r"https?://[^\s\"'`)]+", known.sub("", path.read_text()))
    }
    assert strangers == set()


def test_nothing_needs_a_laxer_content_security_policy() -> None:
    own = [path for path in ASSETS if path.parent.name != "vendor"]
    lax = re.compile(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\bstyle=")
    assert [path.name for path in own if lax.search(path.read_text())] == []
