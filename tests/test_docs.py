"""The documents say what is true: commands, targets, links, settings, routes, codes, columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import radiograde
from radiograde.command import main
from radiograde.data.label_scales import SHORT_NAMES
from radiograde.data.rows import used_columns
from radiograde.data.table import normalise
from radiograde.model.errors import RadiogradeError
from radiograde.service import errors as _service_errors  # noqa: F401 - its classes join the family
from radiograde.service.config.settings import TABLES, Settings
from radiograde.service.http.app import GUARDED, OPEN

ROOT = Path(__file__).resolve().parents[1]
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
PAGES = [*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"(?:^|`)(?:\.venv/bin/)?radiograde ([a-z][^`\n]*)", re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def found_in_pages(pattern: re.Pattern[str]) -> list[str]:
    return sorted({text for page in PAGES for text in pattern.findall(page.read_text("utf-8"))})


def resolve(words: list[str]) -> click.Command:
    """Return the command that the words begin with. Raises KeyError when there is none."""
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group) or word.startswith("-"):
            break
        found = command.get_command(click.Context(command), word)
        if found is None:
            raise KeyError(word)
        command = found
    return command


def error_classes(root: type[RadiogradeError] = RadiogradeError) -> Iterator[type[RadiogradeError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from error_classes(kind)


@pytest.mark.parametrize("line", found_in_pages(COMMAND))
def test_documented_commands_exist(line: str) -> None:
    words = line.split("#")[0].split()
    command = resolve(words)
    options = [name for one in command.params for name in (*one.opts, *one.secondary_opts)]
    known = {*options, "--help"}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= known


def test_every_command_is_in_the_readme() -> None:
    listed = set(re.findall(r"^\| `radiograde ([a-z]+)", read("README.md"), re.MULTILINE))
    assert listed == set(main.list_commands(click.Context(main)))


def test_documented_targets_exist() -> None:
    named = set(found_in_pages(re.compile(r"(?:^|`)make ([a-z]+)", re.MULTILINE)))
    assert {"run", "test"} <= named
    assert named <= set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def anchors(page: Path) -> set[str]:
    """Return what a link may name after ``#``: each heading as hosts of Markdown spell it."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_into_a_page_lead_to_a_heading(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", page.read_text("utf-8"))
    pages = {name: page.parent / name if name else page for name, _ in links}
    assert [link for link in links if link[1] not in anchors(pages[link[0]])] == []


def test_documented_paths_exist() -> None:
    path = re.compile(r"`((?:model|data|training|service|radiograde|tests|benchmarks)/[\w./-]*)`")
    named = found_in_pages(path)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_setting_is_documented_with_its_default() -> None:
    page = read("docs/how-to/serve.md")
    documented = dict(re.findall(r"^\| `RADIOGRADE_([A-Z_]+)` \| ([^|]*) \|", page, re.MULTILINE))
    fields = {name: field for name, field in Settings.model_fields.items() if name not in TABLES}
    assert set(documented) == {name.upper() for name in fields}
    plain = {name for name, field in fields.items() if isinstance(field.default, str | int | float)}
    assert len(plain) > 5
    told = {name: documented[name.upper()] for name in plain}
    assert told == {name: f"`{fields[name].default}`" for name in plain}


def test_every_route_is_documented() -> None:
    page = read("docs/reference/http.md")
    documented = set(re.findall(r"`(?:GET|POST) (/[^`?]*)[^`]*`", page))
    routes = [route for part in (*GUARDED, *OPEN) for route in part.router.routes]
    assert documented == {route.path for route in routes if route.include_in_schema}


def test_every_error_a_caller_may_meet_is_documented() -> None:
    page = read("docs/reference/http.md")
    met = {
        kind.code
        for kind in error_classes()
        if kind.http_status != 500
        and kind.__module__ in ("radiograde.model.errors", "radiograde.service.errors")
    }
    assert {code for code in met if f"`{code}`" not in page} == set()


def python_blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", read(page), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the films that the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    arguments = ["data", "phantom", "--dicom", "--seed", "1"]
    for name, count in (("film.dcm", 1), ("films", 2)):
        out = [str(folder / name), *(["--count", "2"] if count > 1 else [])]
        main.main([*arguments, *out], standalone_mode=False)
    return folder


@pytest.mark.parametrize("code", python_blocks("docs/reference/python-api.md"))
def test_examples_of_the_python_api_run(
    code: str, drawn: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(drawn)
    exec(compile(code, "python-api.md", "exec"), {})  # noqa: S102 - this is what a reader does
    printed = capsys.readouterr().out
    assert printed
    assert "failed" not in printed
    assert "rejected" not in printed


def test_every_public_name_is_documented() -> None:
    page = read("docs/reference/python-api.md")
    assert [name for name in radiograde.__all__ if f"{name}" not in page] == []


def test_documented_columns_are_read() -> None:
    rows = re.findall(r"^\| (`[^|]*) \|", read("docs/reference/manifest.md"), re.MULTILINE)
    columns = [name for row in rows for name in re.findall(r"`([A-Za-z0-9_]+)`", row)]
    assert len(columns) > 20
    plain = normalise(tuple(dict.fromkeys(columns)))
    # A short form counts only where its proper name is not a column too.
    short = tuple(name for name in plain if name not in SHORT_NAMES.values())
    assert set(plain) - used_columns(plain) - used_columns(short) == set()


def test_every_code_of_the_gate_is_documented() -> None:
    source = "\n".join(path.read_text() for path in sorted((ROOT / "model").rglob("*.py")))
    codes = set(re.findall(r'_(?:reject|warn)\(\s*"(\w+)"', source))
    codes |= set(re.findall(r'Reason\(\s*"(\w+)"', source))
    assert len(codes) > 10
    page = (ROOT / "docs" / "reference" / "http.md").read_text()
    assert [code for code in sorted(codes) if f"`{code}`" not in page] == []
