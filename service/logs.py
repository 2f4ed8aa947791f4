"""Logs: one JSON object a line on stderr, with nothing of a patient in it."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections import deque
from typing import TextIO

import structlog
from structlog.typing import Processor

from radiograde.service.config.settings import LogLevel

log = structlog.get_logger("radiograde.logs")

MOST_RECENT = 5000
"""Lines that a process remembers, for who reports a problem."""

_recent: deque[str] = deque(maxlen=MOST_RECENT)

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure_logging(level: LogLevel) -> None:
    """Send structlog's and the standard library's records to stderr as JSON lines."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    root = logging.getLogger()
    root.handlers = [_Remembering(sys.stderr)]
    root.handlers[0].setFormatter(formatter)
    # Of the libraries only warnings: below that some of them quote what was sent.
    root.setLevel(logging.WARNING)
    logging.getLogger("radiograde").setLevel(level.upper())
    threading.excepthook = _log_thread_end
    hush_decoders()


def recent_lines() -> list[str]:
    """Return the lines that this process has written last, the oldest first."""
    return list(_recent)


class _Remembering(logging.StreamHandler[TextIO]):
    """Writes lines, and keeps the last of them."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        _recent.append(line)
        return line


def _log_thread_end(ended: threading.ExceptHookArgs) -> None:
    """Say that a thread ended by an error; not with its message, which may quote a patient."""
    if ended.exc_type is not SystemExit:
        name = ended.thread.name if ended.thread is not None else None
        log.error("thread_ended", thread=name, type=ended.exc_type.__name__)


def hush_decoders() -> None:
    """Drop what the decoders say about a file: they quote its values, the patient's name too."""
    for name in ("pydicom", "pylibjpeg", "openjpeg", "PIL"):
        logging.getLogger(name).disabled = True
    # It logs a trace for every peer that hangs up; what matters of it is logged by the node.
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore", UserWarning)
