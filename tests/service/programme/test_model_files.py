from __future__ import annotations

import hashlib
from pathlib import Path

from radiograde.service.programme.model_files import ModelFiles
from radiograde.service.storage.folder_storage import FolderStorage
from radiograde.service.storage.memory_storage import MemoryStorage

MODEL = b"a model"
SHA256 = hashlib.sha256(MODEL).hexdigest()


def test_in_a_data_directory_a_model_lies_once(tmp_path: Path) -> None:
    files = ModelFiles(tmp_path / "models", FolderStorage(tmp_path))
    files.keep(SHA256, MODEL)
    assert files.place(SHA256).read_bytes() == MODEL
    assert [path.name for path in (tmp_path / "models").iterdir()] == [f"{SHA256}.onnx"]


def test_another_computer_fetches_a_model_that_it_needs(tmp_path: Path) -> None:
    shared = MemoryStorage()
    ModelFiles(tmp_path / "one", shared).keep(SHA256, MODEL)
    other = ModelFiles(tmp_path / "two", shared)
    assert other.has(SHA256)
    assert other.place(SHA256).read_bytes() == MODEL
    shared.remove(f"models/{SHA256}.onnx")
    assert other.has(SHA256), "it has its own"


def test_one_that_was_changed_is_not_fetched(tmp_path: Path) -> None:
    shared = MemoryStorage({f"models/{SHA256}.onnx": b"another"})
    assert not ModelFiles(tmp_path, shared).place(SHA256).exists()
