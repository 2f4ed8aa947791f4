"""The files of a site's models: beside its films, and a copy on each computer that loads one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from radiograde.service.atomic_write import Content, make_folder, write_atomically
from radiograde.service.storage.storage_interface import Storage

MODELS = "models"
"""Folder of model files and records, in the data directory and beside the films."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """``folder``: in the data directory of this computer. ``storage``: that every one reaches."""

    folder: Path
    storage: Storage

    def keep(self, sha256: str, content: Content) -> None:
        """Keep a model's file. Raises OSError, StoreError, NoSpaceError."""
        self.storage.write(f"{MODELS}/{sha256}.onnx", content)

    def keep_record(self, digest: str, content: Content) -> None:
        """Keep the record of a test. Raises as :meth:`keep`."""
        self.storage.write(f"{MODELS}/{digest}.json", content)

    def place(self, sha256: str) -> Path:
        """Return where a model's file lies on this computer, once it is fetched, or would.

        Raises OSError, StoreError.
        """
        path = self.folder / f"{sha256}.onnx"
        if not path.is_file():
            content = self.storage.read(f"{MODELS}/{path.name}")
            if content is not None and hashlib.sha256(content).hexdigest() == sha256:
                make_folder(self.folder)
                write_atomically(path, content)
        return path

    def has(self, sha256: str) -> bool:
        """Return whether a model's file can be had. Raises StoreError."""
        path = self.folder / f"{sha256}.onnx"
        return path.is_file() or self.storage.has(f"{MODELS}/{path.name}")
