"""What every test may ask for, how tests are dealt out, and that a failure is told at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling

TOGETHER = ("training", "web")
"""Folders whose tests share a fixture that is dear: one process runs them all."""

LONGEST = (
    "training",
    "web",
    "accidents/test_walk.py",
    "test_no_calls_home.py",
    "service/fleet/test_fleet_run.py",
    "accidents/test_deadly_document.py",
    "accidents/test_hosts.py",
    "service/test_survival.py",
    "service/http/test_server.py",
    "test_package.py",
    "test_deploy.py",
)
"""Groups that take longest, the longest first."""

MOST_OF_A_TRACE = 2_000


class FailuresAtOnce:
    """Names what fails when it fails: a run that is broken off never comes to its summary."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._terminal.ensure_newline()
            self._terminal.write_line(f"FAILED in {report.when}: {report.nodeid}")
            self._terminal.write_line(report.longreprtext[-MOST_OF_A_TRACE:])


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Tell failures at once."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailuresAtOnce(terminal))


def group_of(nodeid: str) -> str:
    """Return what one process runs from its first test to its last: a file, or a folder."""
    file = nodeid.split("::")[0].removeprefix("tests/")
    folder = file.split("/")[0]
    return folder if folder in TOGETHER else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, lest it runs alone at the end."""
    order = {group: place for place, group in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(group_of(item.nodeid), len(order)))


# The marks of ``--dist loadgroup`` say nothing to pytest-xdist 3.8 beside pytest 9.2.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Deal tests out by their groups, in the order in which they were collected."""
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = group_of
    return scheduling


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real films beside the checkout; skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the real films in ../shared are not on this machine")
    return folder
