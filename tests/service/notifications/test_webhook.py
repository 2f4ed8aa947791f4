"""Signed requests: another implementation takes them, and not what was changed on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from radiograde.service.config.notify import WebhookConfig
from radiograde.service.errors import RefusedError, SiteError, UnreachableError
from radiograde.service.notifications.channel import open_channel
from radiograde.service.notifications.notice import Message
from radiograde.service.notifications.webhook_channel import signed_headers
from tests.service.delivery.web import Reply
from tests.service.notifications.receivers import SECRET, Hook, running_hook

VARIABLE = "HOOK_SECRET"
MESSAGE = Message(
    "01JARADMZ00000000000000000",
    "severe",
    datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
    {"result_id": "01JARADMZ00000000000000001", "severity": "severe", "brixia": 13.5},
)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setenv(VARIABLE, SECRET)
    with running_hook() as running:
        yield running


def config_of(hook: Hook) -> WebhookConfig:
    return WebhookConfig(name="pager", type="webhook", url=hook.url, secret_env=VARIABLE)


def test_another_implementation_takes_a_signed_request(hook: Hook) -> None:
    open_channel(config_of(hook)).send(MESSAGE)
    open_channel(config_of(hook)).send(MESSAGE)
    event = {
        "type": "result.severe",
        "timestamp": "2026-03-04T05:06:07+00:00",
        "data": {
            "result_id": "01JARADMZ00000000000000001",
            "severity": "severe",
            "brixia": 13.5,
        },
    }
    assert hook.got == [("msg_01JARADMZ00000000000000000", event)] * 2


@pytest.mark.parametrize("changed", ["id", "body", "key", "time"])
def test_it_takes_nothing_that_was_changed(changed: str, hook: Hook) -> None:
    key = config_of(hook).signing_key
    now = int(time.time()) - (3600 if changed == "time" else 0)
    headers = signed_headers(b"x" * 32 if changed == "key" else key, "msg_1", now, b'{"a": 1}')
    if changed == "id":
        headers["webhook-id"] = "msg_2"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b'{"a": 2}' if changed == "body" else b'{"a": 1}', headers)


@pytest.mark.parametrize(
    ("reply", "error", "retry_after_s"),
    [
        (Reply(503, headers={"Retry-After": "120"}), UnreachableError, 120.0),
        (Reply(401), UnreachableError, 0.0),
        (Reply(302, headers={"Location": "http://localhost:1/"}), UnreachableError, 0.0),
        (Reply(422), RefusedError, None),
        (Reply(410), RefusedError, None),
    ],
)
def test_an_answer_says_whether_to_try_again(
    hook: Hook, reply: Reply, error: type[Exception], retry_after_s: float | None
) -> None:
    hook.replies = [reply]
    with pytest.raises(error) as caught:
        open_channel(config_of(hook)).send(MESSAGE)
    if retry_after_s is not None:
        assert getattr(caught.value, "retry_after_s", None) == retry_after_s


def test_the_self_test_sends_a_signed_request_of_nobody(hook: Hook) -> None:
    findings = open_channel(config_of(hook)).check()
    assert [one.level for one in findings] == ["ok"] * 3
    ((_, event),) = hook.got
    assert event == {"type": "radiograde.test", "data": {}}
    hook.replies = [Reply(404)]
    assert open_channel(config_of(hook)).check()[-1].level == "fail"


@pytest.mark.parametrize("secret", ["", "short", "whsec_" + "A" * 8, "not base64, but long enough"])
def test_a_secret_that_is_none_is_said(
    hook: Hook, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, secret)
    with pytest.raises(SiteError, match=r"openssl rand|is empty") as caught:
        open_channel(config_of(hook))
    assert not secret or secret not in caught.value.message
