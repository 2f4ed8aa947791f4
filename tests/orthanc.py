"""A real Orthanc for tests: started on free ports with its DICOMweb plugin, and ended after them.

Example:
    @pytest.fixture
    def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
        with running_orthanc(tmp_path, modalities={"me": ("RADIOGRADE", "127.0.0.1", 11112)}) as it:
            yield it
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

AET = "ORTHANC"
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Orthanc:
    """A running Orthanc: where it listens, and its REST API."""

    dicom_port: int
    http_port: int
    user: tuple[str, str] | None = None
    aet: str = AET
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """Return the root of the REST API, without a slash at its end."""
        return f"http://{self.host}:{self.http_port}"

    @property
    def dicomweb(self) -> str:
        """Return the DICOMweb root, without a slash at its end."""
        return f"{self.url}/dicom-web"

    def get(self, path: str) -> Any:
        """Return the JSON under a path such as ``/instances``; an HTTP error raises."""
        return self._answer(requests.get(self.url + path, auth=self.user, timeout=_PATIENCE_S))

    def file(self, instance: str) -> bytes:
        """Return an instance's Part 10 bytes, by Orthanc's own id of it."""
        answer = requests.get(
            f"{self.url}/instances/{instance}/file", auth=self.user, timeout=_PATIENCE_S
        )
        answer.raise_for_status()
        return answer.content

    def post(self, path: str, body: bytes | str | Mapping[str, Any]) -> Any:
        """Post bytes, such as a DICOM file to ``/instances``, or JSON; return the JSON answered."""
        data = json.dumps(body) if isinstance(body, Mapping) else body
        answer = requests.post(self.url + path, data=data, auth=self.user, timeout=_PATIENCE_S)
        return self._answer(answer)

    def delete(self, path: str) -> None:
        """Delete what lies under a path such as ``/studies/ID``."""
        answer = requests.delete(self.url + path, auth=self.user, timeout=_PATIENCE_S)
        answer.raise_for_status()

    def instances(self) -> list[dict[str, Any]]:
        """Return the main tags of every instance, with its series' and study's."""
        return [
            self.get(f"/instances/{key}/simplified-tags?ignore-length=PixelData")
            for key in self.get("/instances")
        ]

    @staticmethod
    def _answer(answer: requests.Response) -> Any:
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running_orthanc(
    folder: Path,
    *,
    modalities: Mapping[str, tuple[str, str, int]] | None = None,
    lua: str | None = None,
    user: tuple[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Orthanc]:
    """Start Orthanc with an empty store in ``folder``; skip the test where it is not installed.

    modalities: by name, (title, host, port) of nodes that it may send to with C-STORE.
    lua: a script, such as one that routes. user: name and password that HTTP then needs.
    settings: further keys of its configuration; they win.
    """
    program = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
    if not Path(program).is_file() or not PLUGIN.is_file():
        pytest.skip("Orthanc with its DICOMweb plugin is not on this machine")
    folder.mkdir(parents=True, exist_ok=True)
    orthanc = Orthanc(free_port(), free_port(), user)
    configuration = _configuration(orthanc, folder, modalities or {}, lua) | dict(settings or {})
    (folder / "orthanc.json").write_text(json.dumps(configuration, indent=2))
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen(
            [program, str(folder / "orthanc.json")], cwd=folder, stdout=log, stderr=log
        )
    try:
        _wait_until_ready(orthanc, process, folder / "orthanc.log")
        yield orthanc
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a TCP port of this computer that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _configuration(
    orthanc: Orthanc, folder: Path, modalities: Mapping[str, tuple[str, str, int]], lua: str | None
) -> dict[str, Any]:
    if lua is not None:
        (folder / "script.lua").write_text(lua)
    return {
        "Name": "Test",
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "SyncStorageArea": False,
        "SaveJobs": False,
        "StableAge": 1,
        "Plugins": [str(PLUGIN)],
        "LuaScripts": [] if lua is None else [str(folder / "script.lua")],
        "HttpPort": orthanc.http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": orthanc.user is not None,
        "RegisteredUsers": dict([orthanc.user] if orthanc.user else []),
        "DicomAet": orthanc.aet,
        "DicomPort": orthanc.dicom_port,
        "DicomModalities": {name: list(node) for name, node in modalities.items()},
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }


def _wait_until_ready(orthanc: Orthanc, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            orthanc.get("/system")
            with socket.create_connection((orthanc.host, orthanc.dicom_port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"Orthanc did not start:\n{log.read_text(errors='replace')[-4000:]}")
