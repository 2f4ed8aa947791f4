from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from service.routes.pages import WEB

NODE = shutil.which("node")


def drop_two(first: str, second: str) -> dict[str, Any]:
    """Return what the page shows after two films, where the first is answered last."""
    if NODE is None:
        pytest.skip("the page's script needs node to run")
    script = Path(__file__).with_name("two_films.js")
    command = [NODE, str(script), str(WEB / "page.js"), first, second]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


@pytest.mark.parametrize("first", ["scored", "rejected", "lost"])
def test_an_answer_that_comes_late_does_not_stand_for_the_film_shown(first: str) -> None:
    shown = drop_two(first, "scored")
    assert shown["progress"] == "B"
    assert shown["seen"] == ["result", "raw"]
    assert shown["headline"] == "Brixia 9.0 of 18: moderate"
    assert shown["problem"] == ""


def test_a_refused_film_shows_no_scores() -> None:
    shown = drop_two("scored", "rejected")
    assert shown["seen"] == ["problem", "raw"]
    assert shown["problem"] == "Out of scope. A lateral view."
    assert shown["headline"] == ""


def test_a_service_that_is_away_is_said() -> None:
    shown = drop_two("scored", "lost")
    assert shown["progress"] == "B"
    assert shown["seen"] == ["problem"]
    assert "does not answer" in shown["problem"]
