"""What it costs to keep how a result came about, beside the film that it is of.

An 8-megapixel film is graded and kept; beside it runs, in the same rounds, all that its trace adds
to that: the digests of its stages, its JSON and its row.

    python -m benchmarks.trace
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click
import sqlalchemy as sa

from benchmarks.film import dicom_films
from benchmarks.stopwatch import interleave, ratios, table, write_results
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.film_trace import FilmTrace, Grading
from radiograde.model.scoring.input_check import CLASSES
from radiograde.model.scoring.preprocess import prepare
from radiograde.model.scoring.scorer import OUTPUTS, Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import traces
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import Records, open_records
from radiograde.service.grading.trace import trace_of

FILM, TRACE = "a film, graded and kept", "its trace"


@click.command()
@click.option("--rounds", default=30, show_default=True)
def main(rounds: int) -> None:
    """Time both and write benchmarks/results/trace.json."""
    content, scorer = dicom_films()("1.2.3"), Scorer()
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_records(Settings(data_dir=Path(folder, "film")))) as records,
        closing(open_records(Settings(data_dir=Path(folder, "trace")))) as others,
    ):
        grader = FilmGrader(records, scorer, Limits())
        size = len(json.dumps(records.traces.get(str(grader.answer(content).id))))
        contenders: dict[str, Callable[[], object]] = {
            FILM: lambda: grader.answer(content, again=True),
            TRACE: _trace_alone(content, scorer, others),
        }
        samples = interleave(contenders, rounds)
    share = 100 * ratios(samples, FILM)[TRACE].median
    what = {"bytes_of_trace": size, "share_of_film_percent": round(share, 2)}
    path = write_results("trace", what, samples, FILM)
    click.echo(table(samples, FILM))
    click.echo(f"{size} bytes, {share:.2f} % of a film's time: {path}")


def _trace_alone(content: bytes, scorer: Scorer, records: Records) -> Callable[[], object]:
    """Return a function that does what the trace of a film adds, its row taken back at the end."""
    film = FilmFile(content, Limits())
    radiograph = film.small_radiograph(scorer.least_side)
    square, crop = prepare(radiograph.grey, scorer.metadata.preprocessing, radiograph.pixel_aspect)
    outputs = (one[0] for one in scorer.session.run(OUTPUTS, {"image": square[None, None]}))
    zones, scales, spread, opacity, lungs, scope = outputs
    grading = Grading(zones, scales, spread, opacity[0], lungs, scope)
    result = scorer.score(radiograph)
    id = str(FilmGrader(records, scorer, Limits()).answer(content).id)
    connection = records.database.engine.connect()
    connection.execute(sa.delete(traces).where(traces.c.id == id))

    def trace() -> None:
        stages = FilmTrace.begin(radiograph).prepared(square, crop).graded(grading, CLASSES)
        document = trace_of(result, scorer, film)
        document["stages"] = stages.to_json()
        with connection.begin_nested() as step:
            records.traces.add(connection, id, document)
            step.rollback()

    return trace


if __name__ == "__main__":
    main()
