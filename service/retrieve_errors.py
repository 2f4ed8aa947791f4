"""What a PACS answers that gives no films; part of the family in ``errors``.

RetrieveError                    502  a PACS did not give films that were asked for
├── UnknownMoveDestinationError  502  it does not know the own node
├── NothingFoundError            404  it has no such films
└── OtherPatientError            409  it sent films of another patient

UnperformedError                 409  what a worklist asks for cannot be done
"""

from __future__ import annotations

from radiograde.model.errors import RadiogradeError


class RetrieveError(RadiogradeError):
    """A PACS answered, and did not give the films that were asked for."""

    code = "not_retrieved"
    title = "The films cannot be fetched"
    http_status = 502


class UnknownMoveDestinationError(RetrieveError):
    """A PACS does not know the own node as a destination of C-MOVE: status A801, PS3.4 C.4.2."""

    code = "move_destination_unknown"
    title = "The PACS does not know this node"


class NothingFoundError(RetrieveError):
    """A PACS has no such films."""

    code = "nothing_found"
    title = "There are no such films"
    http_status = 404


class OtherPatientError(RetrieveError):
    """Films came that name another patient than they were asked for, and were not kept."""

    code = "other_patient"
    title = "The film names another patient"
    http_status = 409
    dimse_status = 0xA900


class UnperformedError(RadiogradeError):
    """A workitem that was claimed cannot be performed, and is cancelled."""

    code = "unperformed"
    title = "The workitem cannot be performed"
    http_status = 409
