"""``radiograde work``."""

from __future__ import annotations

from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_option,
    device_option,
    installation_of,
    model_option,
    plain_errors,
    site_option,
)


@click.command()
@data_dir_option
@site_option
@model_option
@device_option
@click.option("--with-parent", is_flag=True, help="End when standard input closes.")
def work(with_parent: bool, **chosen: Any) -> None:
    """Run a worker: it grades what came in and delivers the results.

    `serve` and `listen` start one of their own. With a PostgreSQL database several may run, on
    several machines that share the data directory; with SQLite a second one stands by.

    \b
    Example:
      radiograde listen --no-worker
      radiograde work
    """
    from radiograde.service.grading.worker import run_worker
    from radiograde.service.metrics.health_server import health_server

    with plain_errors():
        settings = installation_of(chosen, quiet=True)
        with health_server(settings, settings.observe.work):
            run_worker(settings, with_parent=with_parent)
