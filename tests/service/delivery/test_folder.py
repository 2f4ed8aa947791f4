"""Documents written into a folder, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from ulid import ULID

from radiograde.service.atomic_write import hidden_beside
from radiograde.service.config.site import FolderDestinationConfig
from radiograde.service.delivery.destinations.folder_destination import FolderDestination
from radiograde.service.documents.document import Document
from radiograde.service.errors import UnreachableError
from radiograde.service.permissions import keep_private
from tests.service.delivery.objects import RESULT_ID, dicom_document

DAY = ULID.from_str(RESULT_ID).datetime.date().isoformat()
SC = dicom_document()
RESULT = Document("json", "result.json", "application/json", b"{}\n")


def target(path: Path) -> FolderDestination:
    return FolderDestination(FolderDestinationConfig(name="share", type="folder", path=path))


def contents(path: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


def test_documents_lie_in_a_folder_of_the_result(tmp_path: Path) -> None:
    target(tmp_path).send([SC, RESULT], RESULT_ID)
    assert contents(tmp_path) == {
        f"{DAY}/{RESULT_ID}/sc.dcm": SC.content,
        f"{DAY}/{RESULT_ID}/result.json": RESULT.content,
    }


def test_a_result_of_an_earlier_version_stays_in_its_place(tmp_path: Path) -> None:
    (tmp_path / RESULT_ID).mkdir()
    (tmp_path / RESULT_ID / "sc.dcm").write_bytes(b"of the former model")
    target(tmp_path).send([SC], RESULT_ID)
    assert contents(tmp_path) == {f"{RESULT_ID}/sc.dcm": SC.content}


def test_sending_twice_leaves_what_sending_once_does(tmp_path: Path) -> None:
    target(tmp_path).send([SC], RESULT_ID)
    once = contents(tmp_path)
    target(tmp_path).send([SC], RESULT_ID)
    assert contents(tmp_path) == once


def test_what_a_killed_worker_left_is_gone_once_it_is_sent_again(tmp_path: Path) -> None:
    place = tmp_path / DAY / RESULT_ID
    place.mkdir(parents=True)
    hidden_beside(place / "sr.dcm").write_bytes(b"half")
    (place / ".htaccess").write_text("theirs")
    target(tmp_path).send([SC, RESULT], RESULT_ID)
    names = sorted(path.name for path in place.iterdir())
    assert names == [".htaccess", "result.json", "sc.dcm"]


def test_others_may_read_what_the_umask_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        target(tmp_path).send([SC], RESULT_ID)
    finally:
        os.umask(before)
    assert (tmp_path / DAY / RESULT_ID / "sc.dcm").stat().st_mode & 0o777 == 0o640


def test_a_private_command_delivers_for_others(tmp_path: Path) -> None:
    before = os.umask(0o022)
    take_back = keep_private()
    try:
        target(tmp_path).send([SC], RESULT_ID)
    finally:
        take_back()
        os.umask(before)
    assert (tmp_path / DAY).stat().st_mode & 0o777 == 0o755
    assert (tmp_path / DAY / RESULT_ID).stat().st_mode & 0o777 == 0o755
    assert (tmp_path / DAY / RESULT_ID / "sc.dcm").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", [RESULT_ID, DAY, f"{DAY}/{RESULT_ID}"])
def test_a_link_is_not_followed(tmp_path: Path, name: str) -> None:
    share, elsewhere = tmp_path / "share", tmp_path / "elsewhere"
    (share / name).parent.mkdir(parents=True)
    elsewhere.mkdir()
    (share / name).symlink_to(elsewhere)
    with pytest.raises(UnreachableError, match="no folder"):
        target(share).send([SC], RESULT_ID)
    assert contents(elsewhere) == {}


def test_a_document_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target(tmp_path).send([RESULT], RESULT_ID)
    later = Document("json", "result.json", "application/json", b'{"id": 1}\n')

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnreachableError, match="No space left on device"):
        target(tmp_path).send([later], RESULT_ID)
    assert contents(tmp_path) == {f"{DAY}/{RESULT_ID}/result.json": RESULT.content}


def test_a_share_that_is_not_mounted_is_not_made(tmp_path: Path) -> None:
    absent = tmp_path / "share"
    with pytest.raises(UnreachableError, match="cannot be written"):
        target(absent).send([SC], RESULT_ID)
    assert not absent.exists()


def test_a_file_in_the_way_is_reported(tmp_path: Path) -> None:
    (tmp_path / RESULT_ID).write_bytes(b"")
    with pytest.raises(UnreachableError):
        target(tmp_path).send([SC], RESULT_ID)


def test_a_good_folder_passes_and_stays_as_it_was(tmp_path: Path) -> None:
    assert [one.level for one in target(tmp_path).check()] == ["ok", "ok", "ok"]
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_fails(tmp_path: Path) -> None:
    (finding,) = target(tmp_path / "share").check()
    assert finding.level == "fail"
    assert "mount the share" in finding.advice


def test_a_folder_that_takes_no_files_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", closed)
    finding = target(tmp_path).check()[-1]
    assert (finding.what, finding.level) == ("takes files", "fail")
    assert "Permission denied" in finding.advice


def test_little_room_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(5 * 1024**2))
    finding = target(tmp_path).check()[-1]
    assert (finding.level, finding.advice) == ("warn", "Only 5 MiB are free.")
