"""What can go wrong with watching the model; part of the family in ``errors``.

RadiogradeError
├── ModelStoppedError        503  the model is set aside: the film is kept, and not graded
├── AlreadyStoppedError      409  somebody set the model aside by hand before
└── NoAlarmError             404  no alarm that stands has this id
"""

from __future__ import annotations

from radiograde.model.errors import RadiogradeError


class ModelStoppedError(RadiogradeError):
    """The model was set aside until somebody releases it; the film is kept."""

    code = "model_stopped"
    title = "Not graded: model stopped"
    http_status = 503


class AlreadyStoppedError(RadiogradeError):
    """Somebody set the model aside by hand before."""

    code = "already_stopped"
    title = "The model is stopped already"
    http_status = 409


class NoAlarmError(RadiogradeError):
    """No alarm that stands has the id."""

    code = "no_alarm"
    title = "There is no such alarm"
    http_status = 404
