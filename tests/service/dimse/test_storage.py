"""C-STORE: what is kept, and which status says so."""

from __future__ import annotations

import io
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom import ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts
from pynetdicom.presentation import build_context

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage
from radiograde.model.errors import OverloadedError
from radiograde.model.reading import film_file
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import NodeConfig
from radiograde.service.dimse.node import Node, start_node
from radiograde.service.errors import NoSpaceError, StoreError
from radiograde.service.grading.records import open_records
from tests.service.dimse.conftest import StartNode
from tests.service.dimse.fakes import (
    DX,
    FILM,
    FakeIntake,
    RawCaller,
    call,
    command,
    film,
    p_data,
    pdv,
    request_pdu,
    status_of,
)
from tests.service.documents.graded_films import film_bytes

PRIVATE_CLASS = "1.2.826.0.1.3680043.10.1541.99"
NEW_CLASS = "1.2.840.10008.5.1.4.1.1.999.1"


def stored(node: Node, ds: Dataset) -> int:
    """Return the status of storing a data set under its own class and syntax."""
    context = build_context(ds.SOPClassUID, ds.file_meta.TransferSyntaxUID)
    association = call(node, context)
    assert association.is_established
    try:
        return status_of(association.send_c_store(ds))
    finally:
        association.release()


def data_set_of(ds: Dataset) -> bytes:
    """Return a film's data set as it travels: without meta information."""
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()[buffer.getvalue().index(b"\x08\x00\x05\x00CS") :]


def test_keeps_the_film_as_a_file_that_can_be_read(node: Node, intake: FakeIntake) -> None:
    assert stored(node, film()) == 0x0000
    (content,) = intake.kept
    sent, kept = film(), dcmread(io.BytesIO(content))
    assert kept == sent
    assert kept.file_meta.MediaStorageSOPInstanceUID == sent.SOPInstanceUID
    assert kept.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    read = film_file.read(content)
    assert read.sop_instance_uid == sent.SOPInstanceUID
    assert (read.pixels == film_file.read(FILM()).pixels).all()


def test_the_same_film_gives_the_same_file_whoever_sends_it(node: Node, intake: FakeIntake) -> None:
    for title in ("CR1", "ROUTER"):
        association = call(node, build_context(DX, ExplicitVRLittleEndian), calling=title)
        association.send_c_store(film())
        association.release()
    assert intake.kept[0] == intake.kept[1]


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
def test_keeps_every_encoding_of_a_film(node: Node, intake: FakeIntake, syntax: str) -> None:
    phantom = draw(PhantomSpec(rows=64, columns=64))
    ds = to_dicom(phantom, Storage(transfer_syntax=syntax))
    assert stored(node, ds) == 0x0000
    sent = to_dicom(phantom, Storage(transfer_syntax=ExplicitVRLittleEndian))
    buffer = io.BytesIO()
    sent.save_as(buffer, enforce_file_format=True)
    expected = film_file.read(buffer.getvalue()).pixels
    assert (film_file.read(intake.kept[0]).pixels == expected).all()


def test_answers_success_only_once_the_film_is_safe(node: Node, intake: FakeIntake) -> None:
    reached, go = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        assert go.wait(10)

    intake.before = wait
    with ThreadPoolExecutor(1) as executor:
        answer = executor.submit(stored, node, film())
        assert reached.wait(10)
        assert not answer.done()
        go.set()
        assert answer.result() == 0x0000


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (NoSpaceError("No space."), 0xA700),
        (OverloadedError("Too many."), 0xA700),
        (StoreError("The store is away."), 0x0110),
        (RuntimeError("DOE^JANE"), 0xC001),
    ],
)
def test_says_what_went_wrong_and_takes_the_next(
    node: Node, intake: FakeIntake, fault: Exception, status: int
) -> None:
    def fail() -> None:
        raise fault

    association = call(node)
    intake.before = fail
    answer = association.send_c_store(film(1))
    assert status_of(answer) == status
    assert "DOE" not in answer.get("ErrorComment", "")
    assert str(fault) not in answer.get("ErrorComment", "")
    intake.before = lambda: None
    assert status_of(association.send_c_store(film(2))) == 0x0000
    association.release()
    assert len(intake.kept) == 1


def test_refuses_what_is_too_large_and_takes_the_next(
    start_a_node: StartNode, intake: FakeIntake
) -> None:
    node = start_a_node(max_object_mb=1)
    association = call(node)
    large = film(1)
    large.Rows, large.Columns = 1024, 1024
    large.PixelData = bytes(2 * 1024 * 1024)
    assert status_of(association.send_c_store(large)) == 0xA700
    assert status_of(association.send_c_store(film(2))) == 0x0000
    association.release()
    assert len(intake.kept) == 1


def test_an_object_of_just_the_largest_size_is_kept(
    start_a_node: StartNode, intake: FakeIntake
) -> None:
    node = start_a_node(max_object_mb=1)
    caller = RawCaller(node)
    caller.associate()
    head = film(1)
    del head.PixelData
    encoded = io.BytesIO()
    head.save_as(encoded)
    data_set = encoded.getvalue()[encoded.getvalue().index(b"\x08\x00\x05\x00CS") :]
    for size, status in ((2**20, 0x0000), (2**20 + 1, 0xA700)):
        request = command(0x0001, data_set=True, sop_class=DX, sop_instance=head.SOPInstanceUID)
        padded = data_set + bytes(size - len(data_set))
        caller.send(p_data(pdv(3, 3, request)) + p_data(pdv(3, 2, padded)))
        assert caller.status() == status
    assert intake.kept[0].endswith(padded[:-1])
    caller.close()


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SOPClassUID"])
@pytest.mark.parametrize("value", ["1.2.3.4", None])
def test_refuses_a_data_set_that_contradicts_its_request(
    node: Node, intake: FakeIntake, keyword: str, value: str | None
) -> None:
    association = call(node)
    ds = film()
    named = {"SOPInstanceUID": ds.SOPInstanceUID, "SOPClassUID": ds.SOPClassUID}
    setattr(ds, keyword, value) if value else delattr(ds, keyword)
    encoded = io.BytesIO()
    ds.save_as(encoded, enforce_file_format=False)
    body = encoded.getvalue()
    start = body.index(b"\x08\x00\x05\x00CS")
    association.release()

    caller = RawCaller(node)
    caller.associate()
    request = command(
        0x0001, data_set=True, sop_class=named["SOPClassUID"], sop_instance=named["SOPInstanceUID"]
    )
    caller.send(p_data(pdv(3, 3, request), pdv(3, 2, body[start:])))
    assert caller.status() == 0xA900
    caller.send(p_data(pdv(1, 3, command(0x0030, sop_class="1.2.840.10008.1.1"))))
    assert caller.status() == 0x0000
    caller.close()
    assert not intake.kept


def test_takes_every_storage_class_and_transfer_syntax(node: Node) -> None:
    classes = [context.abstract_syntax for context in AllStoragePresentationContexts]
    unknown = [PRIVATE_CLASS, NEW_CLASS]
    everything = [str(one) for one in classes] + unknown
    for start in range(0, len(everything), 128):
        wanted = everything[start : start + 128]
        association = call(node, *[build_context(one) for one in wanted])
        assert {context.abstract_syntax for context in association.accepted_contexts} == set(wanted)
        association.release()
    one_each = [build_context(DX, syntax) for syntax in ALL_TRANSFER_SYNTAXES]
    association = call(node, *one_each)
    assert len(association.accepted_contexts) == len(ALL_TRANSFER_SYNTAXES)
    association.release()


def test_does_not_offer_what_it_is_not(node: Node) -> None:
    find = "1.2.840.10008.5.1.4.1.2.2.1"
    media = "1.2.840.10008.1.3.10"
    wanted = [build_context(one) for one in (find, media)]
    association = call(node, *wanted, build_context("1.2.840.10008.1.1"))
    refused = {context.abstract_syntax: context.result for context in association.rejected_contexts}
    assert refused == {find: 3, media: 3}
    association.release()


def test_keeps_a_private_object(node: Node, intake: FakeIntake) -> None:
    ds = film()
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = UID(PRIVATE_CLASS)
    assert stored(node, ds) == 0x0000
    assert intake.datasets()[0].SOPClassUID == PRIVATE_CLASS


def test_twenty_callers_at_once(node: Node, intake: FakeIntake) -> None:
    ready = threading.Barrier(20)

    def send(number: int) -> list[int]:
        caller = RawCaller(node)
        caller.associate()
        ready.wait(60)
        statuses = []
        for ds in [film(10 * number + one) for one in range(3)]:
            request = command(0x0001, data_set=True, sop_class=DX, sop_instance=ds.SOPInstanceUID)
            caller.send(p_data(pdv(3, 3, request)) + p_data(pdv(3, 2, data_set_of(ds))))
            statuses.append(caller.status())
        caller.close()
        return statuses

    with ThreadPoolExecutor(20) as executor:
        assert list(executor.map(send, range(20))) == [[0x0000] * 3] * 20
    kept = {ds.SOPInstanceUID: ds.PixelData for ds in intake.datasets()}
    assert len(kept) == 60
    assert set(kept.values()) == {film().PixelData}


@pytest.mark.parametrize("fragment", [1, 7, 1000, 10**6])
def test_any_fragments_make_the_same_film(node: Node, intake: FakeIntake, fragment: int) -> None:
    content = FILM() if fragment > 7 else film_bytes(PixelData=b"\1\0")
    ds = dcmread(io.BytesIO(content))
    data_set = content[content.index(b"\x08\x00\x05\x00CS") :]
    caller = RawCaller(node)
    caller.associate()
    request = command(0x0001, data_set=True, sop_class=DX, sop_instance=ds.SOPInstanceUID)
    for control, payload in ((1, request), (0, data_set)):
        parts = [payload[at : at + fragment] for at in range(0, len(payload), fragment)]
        for number, part in enumerate(parts, start=1):
            last = 2 if number == len(parts) else 0
            caller.send(p_data(pdv(3, control | last, part)))
    assert caller.status() == 0x0000
    assert intake.kept[0].endswith(data_set)
    caller.close()


def test_a_deflated_bomb_costs_nothing(node: Node) -> None:
    caller = RawCaller(node)
    caller.send(request_pdu([(1, DX)], syntax=DeflatedExplicitVRLittleEndian))
    assert caller.receive()[0] == 0x02
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(16)) + packer.flush()
    request = command(0x0001, data_set=True, sop_class=DX, sop_instance="1.2.3")
    caller.send(p_data(pdv(1, 3, request), pdv(1, 2, bomb)))
    assert caller.status() in (0xA900, 0xC000)
    caller.close()


def test_another_object_under_a_known_uid_is_kept_and_said(
    start_a_node: StartNode, intake: FakeIntake
) -> None:
    node = start_a_node()
    association = call(node, calling="XRAY1")
    assert status_of(association.send_c_store(film())) == 0x0000
    intake.shares_uid = True
    answer = association.send_c_store(film())
    association.release()
    assert status_of(answer) == 0xB000  # a warning: it is stored, PS3.4 B.2.3
    assert "another object" in answer.ErrorComment
    assert len(intake.kept) == 2
    assert intake.senders == ["XRAY1", "XRAY1"]


def test_two_films_under_one_uid(tmp_path: Path, shared: Path) -> None:
    """The pair of the collected cases: both are kept, and the list of jobs says so."""
    with closing(open_records(Settings(data_dir=tmp_path))) as records:
        table = NodeConfig(port=0)
        with start_node(table, records.intake, records.intake) as node:
            answers = [
                stored(node, dcmread(shared / "cases" / f"11{which}_same_uid.dcm"))
                for which in ("a", "b", "a", "b")
            ]
        assert answers == [0x0000, 0xB000, 0x0000, 0xB000]
        second, first = records.jobs.page(10)
        assert (first.shares_uid_with, second.shares_uid_with) == (None, first.id)
        assert [job.sender for job in (first, second)] == ["MODALITY", "MODALITY"]
