"""Known faults: believed if signed, and named where they apply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from radiograde import __version__
from radiograde.command import main
from radiograde.service.errors import AdvisoryError
from radiograde.service.problems import known_faults
from radiograde.service.problems.known_faults import KEPT, Advisory, in_force, read, signed

FAULT = {
    "id": "RG-1",
    "title": "Scores of one kind of film are too low",
    "severity": "fault",
    "what": "A decoder drops a bit.",
    "remedy": "Install the next version.",
    "radiograde": f"<={__version__}",
}


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Ed25519PrivateKey:
    """Return a key that this program believes."""
    made = Ed25519PrivateKey.generate()
    public = made.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    monkeypatch.setattr(read, "__defaults__", (public,))
    shipped = signed(listed(issued="2026-01-01"), made)
    monkeypatch.setattr(known_faults, "SHIPPED", Shipped(shipped))
    return made


class Shipped:
    def __init__(self, text: str) -> None:
        self._text = text

    def read_bytes(self) -> bytes:
        return self._text.encode()


def listed(*faults: dict[str, Any], issued: str = "2026-12-01") -> str:
    return json.dumps({"issued": issued, "advisories": list(faults)})


def test_the_shipped_list_is_signed_by_who_makes_releases() -> None:
    assert read(known_faults.SHIPPED.read_bytes()).issued >= "2026-11-30"


@pytest.mark.parametrize(
    ("conditions", "applies"),
    [
        ({}, True),
        ({"radiograde": "<2"}, True),
        ({"radiograde": ">=2"}, False),
        ({"radiograde": "<2", "libraries": {"numpy": ">=2,<3"}}, True),
        ({"libraries": {"numpy": "<2"}}, False),
        ({"libraries": {"unheard-of": "<2"}}, False),
        ({"models": ["ab" * 32]}, True),
        ({"models": ["cd" * 32], "radiograde": "<2"}, False),
    ],
)
def test_all_conditions_have_to_hold(conditions: dict[str, Any], applies: bool) -> None:
    computing = {"radiograde": "1.5.0", "libraries": {"numpy": "2.4.6"}}
    fault = Advisory(**{**FAULT, "radiograde": "", **conditions})
    assert fault.applies(computing, "ab" * 32) is applies


def test_a_list_that_was_changed_or_signed_by_another_is_refused(key: Ed25519PrivateKey) -> None:
    content = signed(listed(FAULT), key)
    assert len(read(content.encode()).advisories) == 1
    with pytest.raises(AdvisoryError, match="not signed"):
        read(content.replace("too low", "too high").encode())
    with pytest.raises(AdvisoryError, match="not signed"):
        read(signed(listed(FAULT), Ed25519PrivateKey.generate()).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"list": 1, "signature": "zz"}', b"\xff"])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(AdvisoryError):
        read(content)


@pytest.mark.parametrize("change", [{"severity": "bad"}, {"radiograde": "newer"}, {"more": 1}])
def test_a_malformed_list_is_not_signed(key: Ed25519PrivateKey, change: dict[str, Any]) -> None:
    with pytest.raises(AdvisoryError, match="malformed"):
        signed(listed(FAULT | change), key)


def test_the_later_list_counts(key: Ed25519PrivateKey, tmp_path: Path) -> None:
    assert in_force(tmp_path).issued == "2026-01-01"
    (tmp_path / KEPT).write_text(signed(listed(issued="2025-01-01"), key))
    assert in_force(tmp_path).issued == "2026-01-01"
    (tmp_path / KEPT).write_text(signed(listed(FAULT), key))
    assert [one.id for one in in_force(tmp_path).advisories] == ["RG-1"]


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / KEPT).mkdir()
    with pytest.raises(AdvisoryError, match="data directory"):
        in_force(tmp_path)


def test_who_makes_releases_signs_and_who_runs_them_keeps_and_checks(
    key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    pem, plain, file = (tmp_path / name for name in ("key.pem", "plain.json", "list.json"))
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    plain.write_text(listed(FAULT))
    place = ["--data-dir", str(tmp_path / "data")]
    made = CliRunner().invoke(main, ["advisories", str(plain), "--sign", str(pem)])
    file.write_text(made.stdout)
    run = CliRunner().invoke(main, ["advisories", str(file), "--keep", *place])
    assert run.exit_code == 1
    assert "RG-1, fault: Scores of one kind of film are too low" in run.output
    assert CliRunner().invoke(main, ["advisories", *place]).exit_code == 1
    check = CliRunner().invoke(main, ["check", "--json", *place])
    found = json.loads(check.stdout)["this installation"]
    assert ("RG-1: Scores of one kind of film are too low", "warn") in [
        (one["what"], one["level"]) for one in found
    ]
    file.write_text(file.read_text().replace("RG-1", "RG-2"))
    refused = CliRunner().invoke(main, ["advisories", str(file), *place])
    assert refused.exit_code == 1
    assert "not signed" in refused.output
