"""What a kept film takes on disk, beside its own size: film, maps, thumbnail, preview and database.

A new installation for each way in which a film is stored takes films in, grades them and draws
their thumbnails and previews. Counted are the blocks that the file system gave, less those of an
installation without films. Documents, which somebody asks for or a destination wants, are not among
them.

    python -m benchmarks.disk
"""

from __future__ import annotations

import io
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import count, islice, product
from pathlib import Path
from typing import Any

import click
from pydicom import dcmread

from benchmarks.film import COLUMNS, ROWS, SYNTAXES, film
from benchmarks.stopwatch import RESULTS
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import Records, open_records
from radiograde.service.viewing.previews import previews
from radiograde.service.viewing.thumbnails import thumbnails

AT_MOST, AIM = 1.3, 1.1
DIGITS = 6
WAYS = ("uncompressed", "JPEG Lossless", "JPEG-LS", "JPEG 2000")


@click.command()
@click.option("--films", default=20, show_default=True, help="Of each way.")
def main(films: int) -> None:
    """Measure and write benchmarks/results/disk.json."""
    scorer = Scorer()
    phantom = film()
    ways: dict[str, dict[str, Any]] = {}
    for name in WAYS:
        file = io.BytesIO()
        syntax, _ = SYNTAXES[name]
        to_dicom(phantom, Storage(transfer_syntax=syntax)).save_as(file, enforce_file_format=True)
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(data_dir=Path(folder) / "data")
            ways[name] = kept(settings, scorer, file.getvalue(), films)
        click.echo(f"| {name} | {ways[name]} |")
    document = {
        "benchmark": "disk",
        "rows": ROWS,
        "columns": COLUMNS,
        "films": films,
        "at_most": AT_MOST,
        "aim": AIM,
        "ways": ways,
    }
    path = RESULTS / "disk.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(f"\n{path}")


def kept(settings: Settings, scorer: Scorer, file: bytes, films: int) -> dict[str, Any]:
    """Return bytes a film of one that is kept so often under ever new UIDs, and their ratio."""
    with closing(open_records(settings)) as records:
        without = taken_by(records, settings)
        grader = FilmGrader(records, scorer, settings.upload_limits)
        pictures = [make(records.archive, settings.limits) for make in (thumbnails, previews)]
        answers = [grader.answer(one) for one in islice(under_new_uids(file), films)]
        for answer, kind in product(answers, pictures):
            kind.get(str(answer.id))
        a_film = (taken_by(records, settings) - without) / films
        own = settings.data_dir / records.archive.folder(str(answers[0].id))
        files = {path.name: taken(path) for path in sorted(own.iterdir())}
    return {
        "film_bytes": len(file),
        "status": dict(Counter(answer.status for answer in answers)),
        "bytes_on_disk": files | {"folder and database": round(a_film - sum(files.values()))},
        "times_its_size": round(a_film / len(file), 3),
    }


def taken_by(records: Records, settings: Settings) -> int:
    """Return the bytes that an installation takes once its database has done its writing."""
    with records.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return taken(settings.data_dir)


def under_new_uids(file: bytes) -> Iterator[bytes]:
    """Yield a DICOM file under ever new SOP Instance UIDs, as long as its own."""
    old = str(dcmread(io.BytesIO(file), specific_tags=["SOPInstanceUID"]).SOPInstanceUID)
    head, rest = file[:4096], file[4096:]
    for number in count():
        new = f"{old[:-DIGITS]}{number:0{DIGITS}}"
        yield head.replace(old.encode(), new.encode()) + rest


def taken(path: Path) -> int:
    """Return the bytes of the blocks that a file takes, or a folder with all that is in it."""
    here = path.stat().st_blocks * 512
    return here + (sum(taken(one) for one in path.iterdir()) if path.is_dir() else 0)


if __name__ == "__main__":
    main()
