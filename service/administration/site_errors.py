"""Why the site file was not changed."""

from __future__ import annotations

from radiograde.model.errors import RadiogradeError


class SiteChangeError(RadiogradeError):
    """The site file would not fit so, or may not be changed so from the page."""

    code = "site_change"
    title = "The site file cannot be changed so"
    http_status = 422


class SiteFileMovedOnError(RadiogradeError):
    """The site file was written since it was read."""

    code = "site_file_moved_on"
    title = "The site file was changed meanwhile"
    http_status = 409


class SiteFileLockedError(RadiogradeError):
    """The site file cannot be written by the service."""

    code = "site_file_locked"
    title = "The site file cannot be written"
    http_status = 409
