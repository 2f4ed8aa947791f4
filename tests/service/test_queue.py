"""What the queue's engine says is a line of the log like others, without what it quotes."""

from __future__ import annotations

import json
import logging

import pytest

from radiograde.service.logs import configure_logging
from radiograde.service.queue import hush_queue


def test_an_error_of_the_engine_is_one_json_line_without_its_trace(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info")
    hush_queue()
    hush_queue()
    logger = logging.getLogger("dbos")
    try:
        raise RuntimeError("DOE^JANE")
    except RuntimeError:
        logger.exception("Exception encountered in the workflow of DOE^JANE:")
    logger.warning("DOE^JANE is retried")
    said = capsys.readouterr().err
    (line,) = [json.loads(line) for line in said.splitlines()]
    assert line["event"] == "queue_trouble"
    assert line["type"] == "RuntimeError"
    assert line["where"] == test_an_error_of_the_engine_is_one_json_line_without_its_trace.__name__
    assert "DOE" not in said
    assert "Traceback" not in said


def test_what_the_engine_merely_tells_is_no_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    hush_queue()
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.INFO)  # as the engine does itself when it begins
    logger.info("Initializing")
    assert capsys.readouterr().err == ""
    logger.error("Failed")
    assert json.loads(capsys.readouterr().err)["event"] == "queue_trouble"
