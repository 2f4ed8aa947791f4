"""Installations that accidents happen to."""

from __future__ import annotations

from tests.service.conftest import logging_as_it_was as logging_as_it_was
from tests.service.conftest import no_environment as no_environment
from tests.service.conftest import records as records
