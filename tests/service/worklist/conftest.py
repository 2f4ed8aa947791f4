from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.service.worklist.stock import Stock, records_of


@pytest.fixture
def stock(client: TestClient) -> Stock:
    """Return what fills the records of the client's service."""
    return Stock(records_of(client))
