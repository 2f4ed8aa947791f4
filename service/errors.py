"""What can go wrong in serving, beside ``model.errors``; the same family and the same doors.

RadiogradeError
├── BadRequestError          400  the request is not what the route takes
│   └── UnknownHostError     400  called by a name that is not this service's
├── UploadTimeoutError       408  the body did not arrive in time
├── UnsupportedMediaError    415  a Content-Type that is no film's
├── StoreError               503  the results store cannot be used
├── DeviceError              500  the device asked for is not there
├── UnsafeHostError          500  would listen beyond this computer without a sign-in
└── AddressError             500  the address or port cannot be had
"""

from __future__ import annotations

from model.errors import RadiogradeError


class BadRequestError(RadiogradeError):
    """The request is not what the route takes."""

    code = "bad_request"
    title = "The request is malformed"
    http_status = 400


class UnknownHostError(BadRequestError):
    """The Host header names something else than this service."""

    code = "unknown_host"
    title = "The service does not go by this name"


class ForeignPageError(RadiogradeError):
    """A web page of another site made the browser send this."""

    code = "foreign_page"
    title = "Sent by a page of another site"
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


class StoreError(RadiogradeError):
    """The results store cannot be opened, read or written."""

    code = "store_unavailable"
    title = "The results store cannot be used"
    http_status = 503


class DeviceError(RadiogradeError):
    """The device that the settings ask for is not there."""

    code = "device_missing"
    title = "The device is not there"


class UnsafeHostError(RadiogradeError):
    """Listening beyond this computer, while there is no sign-in."""

    code = "unsafe_host"
    title = "The service would be open to the network"


class AddressError(RadiogradeError):
    """The address or the port cannot be had."""

    code = "address_unavailable"
    title = "The address cannot be used"
