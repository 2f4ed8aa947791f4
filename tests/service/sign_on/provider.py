"""A real OpenID provider, and a browser between it and the service."""

from __future__ import annotations

import json
import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.orthanc import free_port

FOLDER = Path(__file__).parents[2] / "oidc_provider"
NODE = shutil.which("node")
IS_HERE = NODE is not None and (FOLDER / "node_modules" / "oidc-provider").is_dir()

PAGE = "http://localhost"
CLIENT = "radiograde"
SECRET = "secret-of-the-test"  # noqa: S105
SECRET_VARIABLE = "OIDC_SECRET"  # noqa: S105


@dataclass
class RunningProvider:
    """The provider's process. ``logouts``: logout tokens that it has sent."""

    issuer: str
    logouts: queue.Queue[str] = field(default_factory=queue.Queue)

    def expects(
        self, sub: str = "1", name: str = "kim", acr: str = "password", *groups: str
    ) -> None:
        """Say who signs in next."""
        person = {"sub": sub, "name": name, "groups": groups, "acr": acr}
        requests.post(f"{self.issuer}/test/person", json=person, timeout=10).raise_for_status()

    def signed(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Return a token by the provider's own key."""
        parts = {"header": header, "claims": claims}
        return requests.post(f"{self.issuer}/test/sign", json=parts, timeout=10).text


@contextmanager
def running_provider() -> Iterator[RunningProvider]:
    """Run it within the ``with`` block."""
    assert NODE is not None
    provider = RunningProvider(f"http://127.0.0.1:{free_port()}")
    with _listener(provider.logouts) as back_channel:
        given = {
            "port": urlsplit(provider.issuer).port,
            "redirect_uri": f"{PAGE}/v1/session/sign-on/callback",
            "page_url": PAGE,
            "back_channel": back_channel,
        }
        line = [NODE, "server.js", json.dumps(given)]
        with subprocess.Popen(line, cwd=FOLDER, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                while process.stdout.readline().strip() != provider.issuer:
                    assert process.poll() is None
                yield provider
            finally:
                process.terminate()


@contextmanager
def _listener(found: queue.Queue[str]) -> Iterator[str]:
    """Take what is posted within the ``with`` block; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.put(parse_qs(body)["logout_token"][0])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Browser:
    """What a person has open: the service by its client, the provider by addresses."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.at_provider = requests.Session()

    def begin(self) -> str:
        """Ask the service to sign in; return where it leads."""
        answer = self.client.get("/v1/session/sign-on", follow_redirects=False)
        assert answer.status_code == 303
        return str(answer.headers["location"])

    def follow(self, address: str) -> str:
        """Go on at the provider until it leads back; return where to."""
        while not address.startswith(PAGE):
            answer = self.at_provider.get(address, allow_redirects=False, timeout=10)
            if answer.status_code == 200:  # a form that a script would send
                answer = self._send_form(answer.text)
            assert answer.is_redirect, answer.text
            address = requests.compat.urljoin(address, answer.headers["Location"])  # type: ignore[attr-defined]  # a name of urllib's
        return address

    def come_back(self, address: str) -> Response:
        """Bring the provider's answer to the service."""
        answer: Response = self.client.get(address, follow_redirects=False)
        return answer

    def sign_on(self) -> Response:
        """Sign in at the provider, from the button to the page."""
        return self.come_back(self.follow(self.begin()))

    def _send_form(self, page: str) -> requests.Response:
        (action,) = re.findall(r'action="([^"]+)"', page)
        fields = dict(re.findall(r'name="([^"]+)" value="([^"]+)"', page)) | {"logout": "yes"}
        return self.at_provider.post(action, data=fields, allow_redirects=False, timeout=10)


def outcome(answer: Response) -> str:
    """Return what the page is told: "" for signed in."""
    assert answer.status_code == 303
    where = urlsplit(answer.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{PAGE}/"
    return parse_qs(where.query).get("sign_on", [""])[0]
