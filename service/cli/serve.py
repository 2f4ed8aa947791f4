"""``radiograde serve``."""

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
@click.option("--host", help="Address to listen on; 127.0.0.1 by default.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 8000 by default, 0 a free one.")
@data_dir_option
@site_option
@worker_option
@model_option
@device_option
@click.option("--allow-insecure", is_flag=True, default=None, help="Open to the network.")
def serve(**chosen: Any) -> None:
    """Start the HTTP service with its page, on this computer alone.

    On another --host it starts once there is an administrator (`radiograde users add`) and TLS.

    Every option is also an environment variable: --port is RADIOGRADE_PORT.

    \b
    Example:
      radiograde serve --port 8000
      curl -F file=@film.dcm http://127.0.0.1:8000/v1/score
    """
    from radiograde.service.http.loading import loading

    with loading():
        from radiograde.service.http.server import run_server

    with plain_errors():
        settings = installation_of(chosen, quiet=True)
        run_server(
            settings,
            lambda url: click.echo(
                f"Radiograde at {url}, API at {url}/docs\nData directory: {settings.data_dir}"
            ),
        )
