"""The Ray cluster that a command uses: the one it is told of, or one of its own on this computer.

Ray runs whatever code reaches it. A cluster of its own can be reached from this computer alone, by
a token (see this package), and leaves no files behind.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray._private.node import Node

from radiograde.model.cores import available_cores
from radiograde.service.errors import ConfigurationError

ADDRESS = "RAY_ADDRESS"
_OBJECT_STORE_BYTES = 200 * 2**20
"""Lists of films go through it, never films."""


@contextmanager
def ray_cluster() -> Iterator[None]:
    """Join the cluster of RAY_ADDRESS, or run one; where there is one already, use that.

    Raises:
        ConfigurationError: none answers at RAY_ADDRESS.
    """
    own = not os.environ.get(ADDRESS)
    logging.getLogger("ray").setLevel(logging.ERROR)
    if ray.is_initialized():
        yield
        return
    with tempfile.TemporaryDirectory(prefix="radiograde-", ignore_cleanup_errors=True) as folder:
        try:
            _join(_own(folder) if own else {})
        except ConnectionError as error:
            raise ConfigurationError(f"No Ray cluster answers at {ADDRESS}.") from error
        try:
            yield
        finally:
            ray.shutdown()


def _own(folder: str) -> dict[str, Any]:
    return {
        "address": "local",
        "num_cpus": available_cores(),
        "object_store_memory": _OBJECT_STORE_BYTES,
        "include_dashboard": False,
        "_temp_dir": folder,
    }


def _join(where: dict[str, Any]) -> None:
    # Without a dashboard and reports it still asks the cloud's metadata server where it runs.
    start, Node.start_api_server = Node.start_api_server, lambda *_, **__: None
    try:
        ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
    finally:
        Node.start_api_server = start
