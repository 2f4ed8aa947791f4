"""What can go wrong with a run.

RadiogradeError
├── UnfinishedRunError   a stage is not trained, or the run is not measured yet
└── ParityError          the exported graph is not the trained network
"""

from __future__ import annotations

from model.errors import RadiogradeError


class UnfinishedRunError(RadiogradeError):
    """Something of the run is missing; the message names the command that makes it."""

    code = "unfinished_run"
    title = "The run is not finished"


class ParityError(RadiogradeError):
    """The exported graph does not give what PyTorch gives, or is too large to ship."""

    code = "parity"
    title = "The exported model differs from the trained one"
