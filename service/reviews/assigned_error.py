"""Why a film was not assigned."""

from __future__ import annotations

from radiograde.model.errors import RadiogradeError


class AssignedError(RadiogradeError):
    """The film is to be read by somebody else."""

    code = "assigned"
    title = "The film is another reader's"
    http_status = 409
