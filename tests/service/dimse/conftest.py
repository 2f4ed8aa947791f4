"""Nodes on free ports, ended after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from radiograde.service.config.site import NodeConfig
from radiograde.service.dimse.node import Node, start_node
from tests.service.dimse.fakes import FakeIntake, FakeKeptInstances

StartNode = Callable[..., Node]


@pytest.fixture
def intake() -> FakeIntake:
    return FakeIntake()


@pytest.fixture
def kept_instances() -> FakeKeptInstances:
    return FakeKeptInstances()


@pytest.fixture
def start_a_node(intake: FakeIntake, kept_instances: FakeKeptInstances) -> Iterator[StartNode]:
    """Return a function that starts a node; what it is given goes into the site table."""
    with ExitStack() as stack:

        def begin(**chosen: Any) -> Node:
            table = NodeConfig.model_validate({"port": 0} | chosen)
            return stack.enter_context(start_node(table, intake, kept_instances))

        yield begin


@pytest.fixture
def node(start_a_node: StartNode) -> Node:
    """Return a node with the default table."""
    return start_a_node()
