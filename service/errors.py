"""What can go wrong in serving, beside ``model.errors``; one family, mapped once by each interface.

RadiogradeError
├── BadRequestError          400  the request is not what the route expects
│   ├── UnknownHostError     400  called by a name that is not this service's
│   └── BadCursorError       422  what is handed back is not where a page ended
├── SignInNeededError        401  nobody is signed in, and no key came along
│   ├── SignInFailedError    401  name or password is wrong
│   └── SignOnError          401  the provider or the proxy signs nobody in: ``auth/sign_on_error``
├── ForeignPageError         403  a page of another site made the browser ask
├── NotAllowedError          403  the role does not allow it
├── ReadFirstError           403  the caller is to grade the film before its scores are shown
├── CsrfError                403  a change under a session without its token
├── UploadTimeoutError       408  the body did not arrive in time
├── UnsupportedMediaError    415  a Content-Type that is no film's
├── CutShortError            503  what was computed ended early; as OverloadedError
├── TooManyAttemptsError     429  sign-in failed too often; wait before the next
├── StoreError               503  the results store cannot be used
│   ├── ArchiveError         503  the object store of films does not do as it is asked
│   ├── ContradictionError   503  what was to be recorded is there already
│   └── NoDatabaseError      500  a command is to read one that is not there
├── DeviceError              500  the device asked for is not there
├── UnsafeHostError          500  would listen beyond this computer unguarded
├── CertificateError         500  certificate or key of the HTTP service cannot be used
├── AccountError             422  a user or key cannot be made, changed or removed
├── AddressError             500  the address or port cannot be had
├── ConfigurationError       500  an option or environment variable does not fit
├── SiteError                500  the site file cannot be used
├── BackupError              500  there is no backup, or no room for one, where it was said
├── ExportError              500  reviews cannot be exported there, or there are none
├── BundleError              500  the file of a problem was changed, or is none
├── AdvisoryError            500  the list of advisories is not signed, or is none
├── ModelReleaseError        409  a model may not be added, promoted or taken back
├── DossierError             500  the dossier claims what no test shows, or lacks a page
├── TaskError                500  Mercure's task file or its films cannot be used
├── NoSpaceError             507  the film cannot be written to disk
├── UndocumentedError        409  the result has no such document
├── NotReviewableError       409  the file could not be read: there is nothing to judge
├── CommittedError           409  the caller has graded the film, which stays
├── ReviewedError            409  the result was reviewed, and is not replaced
├── WithdrawnError           409  the result was withdrawn: there is nothing to judge any more
├── NotDeliverableError      409  the film has no result, or there is nowhere to send it
├── UnknownDestinationError  422  the site file has no destination of this name
├── RetrieveError            502  a PACS did not give films: see ``retrieve_errors``
└── DeliveryError            502  a document did not arrive
    ├── GaveUpError          502  sending it ended the worker each time
    ├── UnreachableError     502  the destination does not answer; later it may
    ├── UncommittedError     502  it does not say that it keeps what it was sent
    └── RefusedError         502  the destination will not have it
"""

from __future__ import annotations

from radiograde.model.errors import OverloadedError, RadiogradeError


class BadRequestError(RadiogradeError):
    """The request is not what the route expects."""

    code = "bad_request"
    title = "The request is malformed"
    http_status = 400


class UnknownHostError(BadRequestError):
    """The Host header names something else than this service."""

    code = "unknown_host"
    title = "The service does not go by this name"


class BadCursorError(BadRequestError):
    """What is handed back is not where a page ended, in this order."""

    code = "invalid_cursor"
    title = "The cursor is not valid"
    http_status = 422


class ForeignPageError(RadiogradeError):
    """A web page of another site made the browser send this."""

    code = "foreign_page"
    title = "Sent by a page of another site"
    http_status = 403


class SignInNeededError(RadiogradeError):
    """The caller is nobody: no session, no key, and not at this computer."""

    code = "sign_in_needed"
    title = "Sign in first"
    http_status = 401


class SignInFailedError(SignInNeededError):
    """Name or password is wrong; which of them is not said."""

    code = "sign_in_failed"
    title = "Signing in failed"


class NotAllowedError(RadiogradeError):
    """The caller's role does not allow it."""

    code = "not_allowed"
    title = "Your role does not allow this"
    http_status = 403


class ReadFirstError(RadiogradeError):
    """The caller grades films before their scores are shown, and has not graded this one."""

    code = "read_first"
    title = "Grade the film first"
    http_status = 403


class CommittedError(RadiogradeError):
    """The caller has graded the film; what was committed stays."""

    code = "committed"
    title = "You have graded this film"
    http_status = 409


class CsrfError(RadiogradeError):
    """A change was asked for under a session, without the session's token."""

    code = "csrf"
    title = "The session's token is missing"
    http_status = 403


class UploadTimeoutError(RadiogradeError):
    """The body did not arrive in time."""

    code = "upload_timeout"
    title = "The upload took too long"
    http_status = 408


class UnsupportedMediaError(RadiogradeError):
    """A Content-Type that the route does not take."""

    code = "unsupported_media_type"
    title = "The content type is not supported"
    http_status = 415


class TooManyAttemptsError(RadiogradeError):
    """Signing in failed too often; ``retry_after_s``: seconds left to wait."""

    code = "too_many_attempts"
    title = "Too many attempts"
    http_status = 429

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"Signing in failed too often. Try again in {retry_after_s} seconds.")
        self.retry_after_s = retry_after_s


class CutShortError(OverloadedError):
    """What was computed for the caller ended before it was done; another try may do better."""

    title = "It was cut short"


class StoreError(RadiogradeError):
    """The results store cannot be opened, read or written."""

    code = "store_unavailable"
    title = "The results store cannot be used"
    http_status = 503


class ArchiveError(StoreError):
    """The object store that films are kept in does not answer, or not as it should."""

    code = "archive_unavailable"
    title = "The archive of films cannot be used"


class ContradictionError(StoreError):
    """What was to be recorded contradicts a constraint: a name or key twice, or newer tables."""


class NoDatabaseError(StoreError):
    """What a command is to read does not exist: nothing was ever kept there."""

    code = "no_database"
    title = "There is no database"
    http_status = 500


class DeviceError(RadiogradeError):
    """The device that the settings ask for is not there."""

    code = "device_missing"
    title = "The device is not there"


class UnsafeHostError(RadiogradeError):
    """Listening beyond this computer, while nothing guards what is there."""

    code = "unsafe_host"
    title = "The service would be open to the network"


class CertificateError(RadiogradeError):
    """The certificate of the HTTP service, or its key, cannot be used."""

    code = "certificate"
    title = "The certificate cannot be used"


class AccountError(RadiogradeError):
    """A user or an API key cannot be made, changed or removed as asked."""

    code = "account"
    title = "The account cannot be had so"
    http_status = 422


class AddressError(RadiogradeError):
    """The address or the port cannot be had."""

    code = "address_unavailable"
    title = "The address cannot be used"


class ConfigurationError(RadiogradeError):
    """An option of the command, or an environment variable, does not fit."""

    code = "configuration"
    title = "The settings do not fit"


class SiteError(RadiogradeError):
    """The site file, or a secret that it names, cannot be used."""

    code = "site_file"
    title = "The site file cannot be used"


class BackupError(RadiogradeError):
    """The folder named is no backup, or no place for one."""

    code = "backup"
    title = "The backup cannot be used"


class ExportError(RadiogradeError):
    """There is no review to export, or the folder holds something else."""

    code = "export"
    title = "The reviews cannot be exported"


class BundleError(RadiogradeError):
    """The file of a problem is none, lacks something, or was changed since it was sealed."""

    code = "bundle"
    title = "The file of the problem cannot be used"


class AdvisoryError(RadiogradeError):
    """A list of advisories is none, or not signed by who may sign it."""

    code = "advisories"
    title = "The list of advisories cannot be used"


class ModelReleaseError(RadiogradeError):
    """A model may not be added, promoted, rolled back or retired; the message says why."""

    code = "model_release"
    title = "The model cannot be released"
    http_status = 409


class DossierError(RadiogradeError):
    """The dossier lacks a page, or claims what no test that passed shows."""

    code = "dossier"
    title = "The dossier cannot be built"


class TaskError(RadiogradeError):
    """What Mercure gave the module to do cannot be used."""

    code = "mercure_task"
    title = "The task cannot be used"


class NoSpaceError(RadiogradeError):
    """A film could not be written to disk, so it was not accepted."""

    code = "no_space"
    title = "The film cannot be kept"
    http_status = 507
    dimse_status = 0xA700


class UndocumentedError(RadiogradeError):
    """The result has no document of this kind, or its film is no longer kept."""

    code = "no_document"
    title = "The result has no such document"
    http_status = 409


class NotReviewableError(RadiogradeError):
    """The file could not be read, so that there is nothing a reader could judge."""

    code = "not_reviewable"
    title = "The result cannot be reviewed"
    http_status = 409


class ReviewedError(RadiogradeError):
    """The film is to be graded again, but readers reviewed its result."""

    code = "reviewed"
    title = "The result was reviewed, and stays"
    http_status = 409


class WithdrawnError(RadiogradeError):
    """The result was withdrawn, so that a review of it would count for nothing."""

    code = "withdrawn"
    title = "The result was withdrawn"
    http_status = 409


class NotDeliverableError(RadiogradeError):
    """The film was not graded, or there is no destination."""

    code = "not_deliverable"
    title = "The result cannot be delivered"
    http_status = 409


class UnknownDestinationError(RadiogradeError):
    """A destination is named that the site file does not have."""

    code = "unknown_destination"
    title = "There is no such destination"
    http_status = 422


class DeliveryError(RadiogradeError):
    """A document did not arrive."""

    code = "not_delivered"
    title = "The document did not arrive"
    http_status = 502


class UnreachableError(DeliveryError):
    """The destination does not answer; later it may.

    ``retry_after_s``: for how long it asks not to be asked again.
    """

    code = "unreachable"
    title = "The destination does not answer"
    retry_after_s = 0.0


class RefusedError(DeliveryError):
    """The destination answered, and will not have the document."""

    code = "refused"
    title = "The destination refuses the document"


class UncommittedError(DeliveryError):
    """The destination has stored it, and has not said that it keeps it.

    ``report_due_s``: for how long its report is waited for; None: it is waited for no longer.
    """

    code = "uncommitted"
    title = "The destination has not committed itself"
    report_due_s: float | None = None


class GaveUpError(DeliveryError):
    """Sending it ended the worker each time, so it is not begun again by itself."""

    code = "gave_up"
    title = "The document could not be sent"
