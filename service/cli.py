"""The commands ``serve``, ``score`` and ``info``; what they need is imported when they run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import click

from model.errors import RadiogradeError
from service.settings import Device, Settings

UNGRADED = 3
"""Exit code of ``score`` when a film was rejected or failed."""

_model = click.option(
    "--model", "model_path", type=click.Path(path_type=Path), help="ONNX file of the model."
)
_device = click.option(
    "--device", type=click.Choice(get_args(Device)), help="Where to run; auto by default."
)


@click.command()
@click.option("--host", help="Address to listen on; 127.0.0.1 by default.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 8000 by default, 0 a free one.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where results are kept.")
@_model
@_device
@click.option("--allow-insecure", is_flag=True, default=None, help="Open to the network.")
def serve(**chosen: Any) -> None:
    """Start the HTTP service with its page, on this computer alone.

    Every option is also an environment variable: --port is RADIOGRADE_PORT.

    \b
    Example:
      radiograde serve --port 8000
      curl -F file=@film.dcm http://127.0.0.1:8000/v1/score
    """  # noqa: D301  click needs the character itself
    from service.server import run_server

    with _plain_errors():
        run_server(
            _settings(chosen), lambda url: click.echo(f"Radiograde at {url}, API at {url}/docs")
        )


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="FILE_OR_DIR...",
)
@click.option("--json", "as_json", is_flag=True, help="One result object a line.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for a JSON file each, and a picture of each scored film.",
)
@_model
@_device
@click.pass_context
def score(
    context: click.Context,
    /,
    paths: tuple[Path, ...],
    as_json: bool,
    out: Path | None,
    **chosen: Any,
) -> None:
    """Grade films: DICOM, PNG or JPEG. Folders are searched for them.

    Exit code 0: all scored. 3: some rejected or unreadable. 2: wrong usage.

    \b
    Example:
      radiograde score film.dcm
      radiograde score study/ --json --out graded/ > results.jsonl
    """  # noqa: D301  click needs the character itself
    from service.batch import Batch
    from service.films import find_films
    from service.logs import hush_decoders
    from service.report import report
    from service.runtime import load_scorer

    found = find_films(paths, out)
    if not found.films:
        raise click.UsageError("No DICOM, PNG or JPEG file there. Name a film or its folder.")
    hush_decoders()
    with _plain_errors():
        settings = _settings(chosen)
        batch = Batch(load_scorer(settings), settings.workers, out)
        all_scored = report(batch, found, as_json=as_json)
    context.exit(0 if all_scored else UNGRADED)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@_model
def info(as_json: bool, **chosen: Any) -> None:
    """Show versions, the model, where it can run, and what it can read.

    \b
    Example:
      radiograde info --json
    """  # noqa: D301  click needs the character itself
    from service.about import about, write_about

    with _plain_errors():
        write_about(about(_settings(chosen).model_path), as_json=as_json)


def _settings(chosen: dict[str, Any]) -> Settings:
    """Return the settings of the environment, with the options given on top."""
    from pydantic import ValidationError

    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        faults = [
            f"RADIOGRADE_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise click.UsageError("; ".join(faults)) from error


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn an error of the family, or a place that cannot be written, into one plain line."""
    try:
        yield
    except RadiogradeError as error:
        raise click.ClickException(error.message) from error
    except OSError as error:
        raise click.ClickException(
            f"{error.filename or 'A file'} cannot be written: {error.strerror}. "
            "Choose another folder."
        ) from error
