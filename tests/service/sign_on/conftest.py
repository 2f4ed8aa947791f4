"""A provider that runs for all tests, and a service that sends people there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from radiograde.service.config.sign_in_elsewhere import GroupConfig, OidcConfig
from tests.service.conftest import Start
from tests.service.sign_on.provider import (
    CLIENT,
    IS_HERE,
    PAGE,
    SECRET,
    SECRET_VARIABLE,
    Browser,
    RunningProvider,
    running_provider,
)

GROUPS = (
    GroupConfig(name="it", role="administrator"),
    GroupConfig(name="radiology", role="reader"),
)
SendThere = Callable[..., TestClient]


@pytest.fixture(scope="session")
def provider() -> Iterator[RunningProvider]:
    """Return the running provider; `make tools` installs it."""
    if not IS_HERE:
        pytest.skip("oidc-provider is not on this machine (npm: oidc-provider)")
    with running_provider() as running:
        yield running


@pytest.fixture
def send_there(
    start: Start, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> SendThere:
    """Return a function that starts a service with the provider."""
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)

    def begin(**chosen: Any) -> TestClient:
        scopes = ("openid", "profile", "groups")
        fitting = {
            "issuer": provider.issuer,
            "client_id": CLIENT,
            "client_secret_env": SECRET_VARIABLE,
            "page_url": PAGE,
            "scopes": scopes,
        }
        return start(oidc=OidcConfig(**(fitting | chosen)), groups=GROUPS)

    return begin


@pytest.fixture
def client(send_there: SendThere) -> TestClient:
    return send_there()


@pytest.fixture
def browser(client: TestClient) -> Browser:
    return Browser(client)
