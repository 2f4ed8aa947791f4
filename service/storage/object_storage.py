"""Files in a bucket of an object store that speaks S3, by fsspec.

Amazon S3 API Reference: PutObject is atomic, and answered once the object is durable. Nothing is
looked up elsewhere: addresses and keys are those of the site file alone.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import fsspec
from botocore.exceptions import BotoCoreError

from radiograde.service.atomic_write import Content
from radiograde.service.config.films_config import FilmsConfig
from radiograde.service.errors import ArchiveError, NoSpaceError

CONNECT_S, ANSWER_S, TRIES = 3.0, 30.0, 3
REST_S = 1.0
"""After it did not answer; a list of a hundred films is not to wait for each of them."""

_PART = 256 * 2**10
_SINGLE_PUT = 5 * 2**30
_FULL = ("QuotaExceeded", "StorageFull", "InsufficientCapacity", "507")
_NO_BUCKET = "NoSuchBucket"


class ObjectStorage:
    """Keeps files below the bucket and prefix of a URL: see :class:`.storage_interface.Storage`."""

    def __init__(self, config: FilmsConfig, url: str) -> None:
        """Connect to nothing yet. Raises SiteError where a key is not where the site file says."""
        key, secret = config.credentials()
        self._root = url.removeprefix("s3://").rstrip("/")
        self._bucket, _, self._prefix = self._root.partition("/")
        self._resting_until = 0.0
        self._files: Any = fsspec.filesystem(
            "s3",
            key=key.get_secret_value(),
            secret=secret.get_secret_value(),
            endpoint_url=config.endpoint,
            client_kwargs={"region_name": config.region, "verify": config.verify},
            config_kwargs={
                "connect_timeout": CONNECT_S,
                "read_timeout": ANSWER_S,
                "retries": {"mode": "standard", "total_max_attempts": TRIES},
                "s3": {"addressing_style": "path"},
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            },
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self._files.retries = TRIES

    @property
    def is_here(self) -> bool:
        """Whether others reach it without a secret: False."""
        return False

    def ping(self) -> None:
        """Return once the bucket answers. Raises ArchiveError."""
        with self._asking():
            self._files.call_s3("list_objects_v2", Bucket=self._bucket, MaxKeys=1)

    def write(self, name: str, content: Content, *, mode: int | None = None) -> None:
        """Keep an object and return once the store has it whole.

        Raises:
            NoSpaceError: the bucket is full.
            ArchiveError: it does not answer, or has kept something else.
        """
        self._put(name, content, "overwrite")

    def create(self, name: str, content: Content) -> bool:
        """Keep an object where there is none; raises as :meth:`write`.

        Stores that do not know ``If-None-Match`` replace one that came at the same moment.
        """
        if self.has(name):
            return False
        try:
            self._put(name, content, "create")
        except FileExistsError:
            return False
        return True

    def read(self, name: str) -> bytes | None:
        """Return an object; None where there is none. Raises ArchiveError."""
        with suppress(FileNotFoundError), self._asking():
            content: bytes = self._files.cat_file(self._path(name))
            return content
        return None

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """Give an object, of which only parts that are read come. Raises ArchiveError."""
        with self._asking(), self._files.open(self._path(name), "rb", block_size=_PART) as file:
            yield file

    def has(self, name: str) -> bool:
        """Return whether there is an object of this name. Raises ArchiveError."""
        with suppress(FileNotFoundError), self._asking():
            found: bool = self._files.info(self._path(name))["type"] == "file"
            return found
        return False

    def names(self, folder: str) -> list[str]:
        """Return what lies in a folder. Raises ArchiveError."""
        return sorted(str(one["name"]).rpartition("/")[2] for one in self._listed(folder))

    def changed(self, name: str) -> float | None:
        """Return when the last object of this name or in this folder was written.

        Raises ArchiveError.
        """
        listed = self._listed(name)
        times = [one["LastModified"].timestamp() for one in listed if one["type"] == "file"]
        if listed and not times:
            return time.time()
        return max(times, default=None)

    def remove(self, name: str) -> None:
        """Remove an object with all its versions. Raises ArchiveError."""
        self._remove_versions(self._key(name), exactly=True)

    def remove_folder(self, folder: str) -> bool:
        """Remove all objects of a folder with their versions; raises as :meth:`remove`."""
        return self._remove_versions(f"{self._key(folder)}/") > 0

    def remove_empty(self, folder: str) -> None:
        """Do nothing: a folder is a part of names."""

    def move_folder(self, folder: str, to: str) -> None:
        """Keep objects under other names, then remove them. Raises ArchiveError, NoSpaceError."""
        names = self.names(folder)
        if not names:
            raise FileNotFoundError(folder)
        for name in names:
            content = self.read(f"{folder}/{name}")
            if content is not None:
                self.write(f"{to}/{name}", content)
        self.remove_folder(folder)

    def _put(self, name: str, content: Content, how: str) -> None:
        body = bytes(content)
        digest = hashlib.md5(body, usedforsecurity=False)
        with self._asking():
            answer = self._files.pipe_file(
                self._path(name),
                body,
                chunksize=_SINGLE_PUT,
                mode=how,
                ContentMD5=base64.b64encode(digest.digest()).decode(),
            )
        # Of some encryptions the tag is another one: then what was kept is read.
        if answer.get("ETag", "").strip('"') != digest.hexdigest() and self.read(name) != body:
            raise ArchiveError("The archive of films has kept something else than it was sent.")

    def _listed(self, folder: str) -> list[dict[str, Any]]:
        with suppress(FileNotFoundError), self._asking():
            listed: list[dict[str, Any]] = self._files.ls(self._path(folder), detail=True)
            return listed
        return []

    def _remove_versions(self, prefix: str, *, exactly: bool = False) -> int:
        """Remove each version, and each mark of a removal, of keys that begin so or are so."""
        removed = 0
        with self._asking():
            more = True
            while more:
                page = self._files.call_s3(
                    "list_object_versions", Bucket=self._bucket, Prefix=prefix
                )
                versions = [
                    one
                    for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                    if not exactly or one["Key"] == prefix
                ]
                for one in versions:
                    self._files.call_s3(
                        "delete_object",
                        Bucket=self._bucket,
                        Key=one["Key"],
                        VersionId=one["VersionId"],
                    )
                removed += len(versions)
                more = bool(page.get("IsTruncated")) and bool(versions)
        return removed

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Say what the store answers in the words of the family.

        Raises FileNotFoundError, FileExistsError, ArchiveError, NoSpaceError.
        """
        if time.monotonic() < self._resting_until:
            raise _unreachable("it did not answer a moment ago")
        try:
            yield
        except FileExistsError:
            raise
        except (OSError, BotoCoreError) as error:
            code = _code_of(error)
            if isinstance(error, FileNotFoundError) and code != _NO_BUCKET:
                raise
            if any(word in code for word in _FULL):
                raise NoSpaceError("The bucket of films is full. Make room in it.") from None
            if isinstance(error, BotoCoreError | TimeoutError):
                self._resting_until = time.monotonic() + REST_S
            raise _unreachable(code) from None

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


def _code_of(error: Exception) -> str:
    """Return what S3 calls an error, or its type."""
    response = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def _unreachable(code: str) -> ArchiveError:
    return ArchiveError(f"The archive of films does not do as it is asked ({code}).")
