"""The service as a process: by TLS of its own, behind nginx as documented, and with Orthanc."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from radiograde.service.auth.access import open_access
from radiograde.service.config.settings import Settings
from radiograde.service.errors import AddressError
from radiograde.service.http.server import base_url, listen
from tests.orthanc import free_port, running_orthanc
from tests.service.accounts import PASSWORD, QUICK
from tests.service.certificates import Certificates
from tests.service.documents.graded_films import film_bytes
from tests.service.processes import ROOT, Process, running, waited

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
ADDRESS = ("127.0.0.1", "localhost")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the data directory of an installation with an administrator."""
    folder = tmp_path / "data"
    with open_access(Settings(data_dir=folder)) as access:
        access.users.add("kim", "administrator", QUICK.hash(PASSWORD))
    return folder


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


@contextmanager
def serving(data: Path, *options: str) -> Iterator[tuple[int, Path]]:
    """Run ``radiograde serve`` within the ``with`` block; gives its port and its log."""
    port, log = free_port(), data / "serve.log"
    command = ("serve", "--port", str(port), "--data-dir", str(data), "--no-worker", *options)
    with running(*command, log=log):
        assert waited(lambda: b"Radiograde at" in log.read_bytes(), 90), log.read_text()
        yield port, log


def test_by_tls_of_its_own(
    data: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = certificates.of("server")
    monkeypatch.setenv("RADIOGRADE_TLS_CERTIFICATE", str(certificate))
    monkeypatch.setenv("RADIOGRADE_TLS_KEY", str(key))
    with serving(data, "--host", "0.0.0.0") as (port, log):  # noqa: S104
        assert f"https://0.0.0.0:{port}".encode() in log.read_bytes()
        url = f"https://localhost:{port}"
        with requests.Session() as browser:
            browser.trust_env = False
            browser.verify = str(certificates.ca)
            assert browser.get(f"{url}/v1/results", timeout=60).status_code == 401
            signed = browser.post(
                f"{url}/v1/session", json={"name": "kim", "password": PASSWORD}, timeout=60
            )
            assert signed.status_code == 200
            session, device = sorted(cookie.name for cookie in browser.cookies)
            assert session == "__Host-radiograde"
            assert device.startswith("__Secure-radiograde-device-")
            assert "Strict-Transport-Security" in signed.headers
            assert browser.get(f"{url}/v1/results", timeout=60).status_code == 200
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://localhost:{port}/healthz", timeout=60)
        old = ssl.create_default_context(cafile=certificates.ca)
        assert old.minimum_version >= ssl.TLSVersion.TLSv1_2

        renewed = Certificates(data)
        for source, target in zip(renewed.of("server"), (certificate, key), strict=True):
            target.write_bytes(source.read_bytes())
        response = requests.get(f"{url}/healthz", verify=str(renewed.ca), timeout=60)
        assert response.status_code == 200
    assert PASSWORD.encode() not in log.read_bytes()


def test_it_does_not_start_open_to_others(data: Path) -> None:
    process = Process(
        "serve",
        "--host",
        "0.0.0.0",  # noqa: S104
        "--data-dir",
        str(data),
        log=data / "log",
    )
    assert process.running.wait(60) == 1
    process.end()
    text = (data / "log").read_text()
    assert "RADIOGRADE_TLS_CERTIFICATE" in text
    assert "users add" not in text


@contextmanager
def nginx(folder: Path, certificates: Certificates, port: int) -> Iterator[int]:
    """Run nginx with the configuration of docs/how-to/behind-nginx.md; gives its port."""
    if not Path(NGINX).is_file():
        pytest.skip("nginx is not on this machine")
    page = (ROOT / "docs" / "how-to" / "behind-nginx.md").read_text()
    (server,) = re.findall(r"```nginx\n(server \{.*?)```", page, re.DOTALL)
    front = free_port()
    certificate, key = certificates.of("server")
    for documented, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{front} ssl;"),
        ("server_name grader.hospital.example;", "server_name localhost;"),
        ("/etc/radiograde/node.pem", str(certificate)),
        ("/etc/radiograde/node.key", str(key)),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{port}"),
    ):
        assert documented in server
        server = server.replace(documented, here)
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"pid {folder}/nginx.pid; daemon off; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{server} }}\n"
    )
    process = subprocess.Popen([NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        yield front
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("proxy", ["true", "127.0.0.1"])
def test_behind_nginx_as_documented(
    tmp_path: Path,
    data: Path,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    proxy: str,
) -> None:
    monkeypatch.setenv("RADIOGRADE_BEHIND_PROXY", proxy)
    with serving(data) as (port, log), nginx(tmp_path, certificates, port) as front:
        url = f"https://localhost:{front}"

        def answers() -> bool:
            try:
                return requests.get(url, verify=str(certificates.ca), timeout=60).ok
            except requests.ConnectionError:
                return False

        assert waited(answers, 90)
        with requests.Session() as browser:
            browser.trust_env = False
            browser.verify = str(certificates.ca)
            assert browser.get(f"{url}/v1/results", timeout=60).status_code == 401
            signed = browser.post(
                f"{url}/v1/session",
                json={"name": "kim", "password": PASSWORD},
                headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"},
                timeout=60,
            )
            session, device = sorted(cookie.name for cookie in browser.cookies)
            assert session == "__Host-radiograde"
            assert device.startswith("__Secure-radiograde-device-")
            assert "Strict-Transport-Security" in signed.headers
            answer = browser.post(
                f"{url}/v1/score",
                files={"file": film_bytes()},
                headers={"X-CSRF-Token": signed.json()["csrf"]},
                timeout=60,
            )
            assert answer.status_code in (200, 422), answer.text
            with browser.get(f"{url}/v1/events", stream=True, timeout=60) as stream:
                assert next(stream.iter_content(1)) == b":", "nginx holds the events back"
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line["event"] == "signed_in"]
    assert line["address"] == "127.0.0.1", "what the caller said of himself was believed"


@pytest.mark.parametrize("way", ["basic", "bearer"])
def test_orthanc_sends_with_a_key(tmp_path: Path, data: Path, way: str) -> None:
    with open_access(Settings(data_dir=data)) as access:
        key = access.keys.add("orthanc", "sender")
    with serving(data) as (port, _):
        url = f"http://127.0.0.1:{port}/dicom-web/"
        ways = {
            "basic": [url, "orthanc", key],
            "bearer": {"Url": url, "HttpHeaders": {"Authorization": f"Bearer {key}"}},
            "stranger": [url],
        }
        servers = {"radiograde": ways[way], "stranger": ways["stranger"]}
        web = {"Enable": True, "Root": "/dicom-web/", "Servers": servers}
        with running_orthanc(tmp_path / "orthanc", settings={"DicomWeb": web}) as orthanc:
            film = orthanc.post("/instances", film_bytes())["ID"]
            body = json.dumps({"Resources": [film]})
            with pytest.raises(requests.HTTPError):
                orthanc.post("/dicom-web/servers/stranger/stow", body)
            orthanc.post("/dicom-web/servers/radiograde/stow", body)
    with open_access(Settings(data_dir=data)) as access:
        assert access.keys.all()[0].used is not None


def test_a_port_in_use_is_said() -> None:
    with listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        assert base_url(bound) == f"http://127.0.0.1:{port}"
        assert base_url(bound, "https") == f"https://127.0.0.1:{port}"
        with pytest.raises(AddressError, match=f"port {port}.*--port"):
            listen("127.0.0.1", port)


def test_a_foreign_address_is_said() -> None:
    with pytest.raises(AddressError, match=r"192\.0\.2\.1"):
        listen("192.0.2.1", 0)
