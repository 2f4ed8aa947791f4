"""Mail: handed over with STARTTLS or TLS, signed in, for all who are to get it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from radiograde.service.config.notify import MailConfig
from radiograde.service.config.site import ClientTls
from radiograde.service.errors import RefusedError, SiteError, UnreachableError
from radiograde.service.notifications.channel import open_channel
from radiograde.service.notifications.notice import Message
from tests.service.certificates import Certificates
from tests.service.notifications.receivers import MailServer, running_mail_server

MESSAGE = Message(
    "01JARADMZ00000000000000000",
    "worse",
    datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
    {"result_id": "01JARADMZ00000000000000001", "change": "worse", "link": "https://r.example/#/"},
)
PASSWORD = "hunter2"  # noqa: S105 - of the tests alone
TO = ("on-call@hospital.example", "ward@hospital.example")


def config_of(server: MailServer, **more: Any) -> MailConfig:
    values = {"name": "mail", "type": "mail", "host": "localhost", "port": server.port, "to": TO}
    sender = {"sender": "radiograde@hospital.example", "timeout_s": 5.0}
    return MailConfig(**values | sender | more)


def with_password(server: MailServer, certificates: Certificates, file: Path) -> MailConfig:
    return config_of(
        server, user="radiograde", password_file=file, tls=ClientTls(ca=certificates.ca)
    )


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    return path


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_mail_goes_out_encrypted_and_signed_in(
    encryption: str, certificates: Certificates, password: Path
) -> None:
    at_once = encryption == "tls"
    tls = certificates.server_context()
    with running_mail_server(tls, password=PASSWORD, from_the_start=at_once) as server:
        config = with_password(server, certificates, password)
        channel = open_channel(config.model_copy(update={"encryption": encryption}))
        assert [one.level for one in channel.check()] == ["ok"] * 3
        assert server.got == []
        channel.send(MESSAGE)
    ((recipients, mail),) = server.got
    assert server.encrypted == [True]
    assert tuple(recipients) == TO
    assert mail["Subject"] == "Radiograde: Certainly worse than the film before"
    assert mail["Message-ID"] == "<01JARADMZ00000000000000000@hospital.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert str(mail.get_payload()).splitlines()[2:5] == [
        "Result: 01JARADMZ00000000000000001",
        "Since the film before: worse",
        "Link: https://r.example/#/",
    ]


def test_a_wrong_password_may_be_mended(certificates: Certificates, password: Path) -> None:
    password.write_text("wrong")
    with running_mail_server(certificates.server_context(), password=PASSWORD) as server:
        channel = open_channel(with_password(server, certificates, password))
        with pytest.raises(UnreachableError, match="does not take the sign-in"):
            channel.send(MESSAGE)
        assert channel.check()[-1].level == "fail"
        other = config_of(server, user="radiograde", password_file=password)
        with pytest.raises(UnreachableError, match="agree on no TLS"):
            open_channel(other).send(MESSAGE)
    password.unlink()
    with pytest.raises(SiteError, match="cannot be read"):
        open_channel(other)


def test_who_is_refused_keeps_nothing_from_the_others() -> None:
    with running_mail_server() as server:
        server.refused = {TO[0]: "550 no such user"}
        channel = open_channel(config_of(server, encryption="none"))
        channel.send(MESSAGE)
        ((recipients, _),) = server.got
        assert recipients == [TO[1]]
        found = channel.check()
        assert [one.level for one in found] == ["ok", "warn", "warn"]
        server.refused |= {TO[1]: "550 no such user"}
        with pytest.raises(RefusedError):
            channel.send(MESSAGE)
        server.refused |= {TO[1]: "451 try later"}
        with pytest.raises(UnreachableError):
            channel.send(MESSAGE)
        assert len(server.got) == 1


@pytest.mark.parametrize("farewell", ["421 too busy", "502 not implemented"])
def test_what_was_handed_over_is_sent_whatever_the_farewell(farewell: str) -> None:
    with running_mail_server() as server:
        server.farewell = farewell
        open_channel(config_of(server, encryption="none")).send(MESSAGE)
        assert len(server.got) == 1


def test_a_server_without_starttls_or_none_at_all_is_said() -> None:
    with running_mail_server() as server, pytest.raises(UnreachableError, match="no STARTTLS"):
        open_channel(config_of(server)).send(MESSAGE)
    with pytest.raises(UnreachableError, match="does not answer as a mail server"):
        open_channel(config_of(server)).send(MESSAGE)
