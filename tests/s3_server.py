"""A real S3 server in a process of its own (moto's), that can die, hang and come back."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Any

import fsspec

from radiograde.service.config.films_config import FilmsConfig
from tests.orthanc import free_port
from tests.service.processes import waited

KEY_ENV, SECRET_ENV = "S3_KEY_OF_TESTS", "S3_SECRET_OF_TESTS"
ENVIRONMENT = {KEY_ENV: "key-of-tests", SECRET_ENV: "secret-of-tests"}


class S3Server:
    """Keeps objects in memory: what it had is lost when it dies."""

    def __init__(self) -> None:
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(self.port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert waited(self._answers, 120, every=0.2)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> Any:
        """Return fsspec's own interface to it, apart from the product's."""
        return fsspec.filesystem(
            "s3",
            key=ENVIRONMENT[KEY_ENV],
            secret=ENVIRONMENT[SECRET_ENV],
            endpoint_url=self.endpoint,
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def bucket(self, name: str, *, versions: bool = False) -> str:
        """Make a bucket, and return its URL."""
        client = self.client()
        client.call_s3("create_bucket", Bucket=name)
        if versions:
            client.call_s3(
                "put_bucket_versioning",
                Bucket=name,
                VersioningConfiguration={"Status": "Enabled"},
            )
        return f"s3://{name}"

    def config(self, url: str, **more: Any) -> FilmsConfig:
        return FilmsConfig(
            archive=url,
            endpoint=self.endpoint,
            access_key_env=KEY_ENV,
            secret_key_env=SECRET_ENV,
            **more,
        )

    def versions(self, bucket: str) -> list[str]:
        """Return the keys of all versions that a bucket has, marks of removals included."""
        found = self.client().call_s3("list_object_versions", Bucket=bucket)
        both = (*found.get("Versions", ()), *found.get("DeleteMarkers", ()))
        return sorted(one["Key"] for one in both)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        assert self._process.poll() is None, "moto's server does not start"
        return False
