"""What can go wrong with a run.

RadiogradeError
├── ConfigError          the configuration cannot be used
├── UnfitDataError       these films cannot be learned from, or are not those of the run
├── UnfinishedRunError   a stage is not trained, or the run is not measured yet
└── ParityError          the exported graph is not the trained network
"""

from __future__ import annotations

from radiograde.model.errors import RadiogradeError


class ConfigError(RadiogradeError):
    """A configuration file that is missing or wrong, or needs a device that is not here."""

    code = "configuration"
    title = "The configuration cannot be used"


class UnfitDataError(RadiogradeError):
    """Films without what training needs, or other films than the run was trained on."""

    code = "unfit_data"
    title = "The films do not fit the run"


class UnfinishedRunError(RadiogradeError):
    """Something of the run is missing; the message names the command that makes it."""

    code = "unfinished_run"
    title = "The run is not finished"


class ParityError(RadiogradeError):
    """The exported graph does not give what PyTorch gives, or is too large to ship."""

    code = "parity"
    title = "The exported model differs from the trained one"
