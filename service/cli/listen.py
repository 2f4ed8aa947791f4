"""``radiograde listen``."""

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
    worker_option,
)


@click.command()
@click.option("--aet", help="AE title of the node; RADIOGRADE by default.")
@click.option("--host", help="Address to listen on; 127.0.0.1 by default.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 11112 by default.")
@click.option("--allow-insecure", is_flag=True, default=None, help="Open to the network.")
@data_dir_option
@site_option
@worker_option
@model_option
@device_option
def listen(aet: str | None, host: str | None, port: int | None, **chosen: Any) -> None:
    """Start the DICOM node, the folders of the site file, and its listener for HL7.

    The node answers C-ECHO, C-STORE and storage commitment. Films are kept, graded, and their
    results sent to the destinations of the site file.

    \b
    Example:
      radiograde listen --port 11112
      echoscu -aec RADIOGRADE 127.0.0.1 11112
      storescu -aec RADIOGRADE 127.0.0.1 11112 film.dcm
    """
    from radiograde.service.dimse.listener import run_listener
    from radiograde.service.metrics.health_server import health_server

    given = {"aet": aet, "host": host, "port": port}
    node = {name: value for name, value in given.items() if value is not None}
    with plain_errors():
        settings = installation_of(chosen | {"node": node}, quiet=True)
        with health_server(settings, settings.observe.listen):
            run_listener(
                settings, lambda line: click.echo(f"{line}\nData directory: {settings.data_dir}")
            )
