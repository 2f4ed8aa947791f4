"""Commands for which nobody waits long: what takes a minute elsewhere takes seconds."""

from __future__ import annotations

import os
from pathlib import Path

from tests.service.processes import ROOT

_FIRST = (str(Path(__file__).parent), str(ROOT))

ENVIRONMENT = {"PYTHONPATH": os.pathsep.join((*_FIRST, os.environ.get("PYTHONPATH", "")))}
"""What a command is started with; Python then imports ``sitecustomize`` from this folder."""
