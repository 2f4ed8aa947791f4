"""Films of which bytes within the code are overwritten: how many are graded as if whole.

python -m benchmarks.damaged_films [FILM]
"""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import click
from pydicom import uid

from benchmarks.film import SYNTAXES
from benchmarks.stopwatch import RESULTS
from radiograde.data.phantom import Phantom, PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage
from radiograde.model.grading import grade
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import parse
from radiograde.model.reading.film_file import FilmFile, read
from radiograde.model.scoring.scorer import Scorer

MOST_BITS = 12
CODE_BEGINS = (b"\xff\x93", b"\xff\xda")
"""SOD of JPEG 2000, SOS of JPEG; code of the others begins with the pixels."""

SIZES = (1, 2, 8, 40, 400)
RLE_HEADER = 72
MOVED = 0.05


@dataclass(frozen=True, slots=True)
class Whole:
    """A film and where in it the code of the pixels lies."""

    content: bytes
    code: range

    def damaged(self, rng: random.Random) -> bytes:
        """Return the film with a run of bytes within its code overwritten."""
        size = rng.choice(SIZES)
        at = rng.randrange(self.code.start, self.code.stop - size)
        return self.content[:at] + rng.randbytes(size) + self.content[at + size :]


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--count", default=400, show_default=True, help="Damaged films of each syntax.")
@click.option("--seed", default=1, show_default=True, help="Of places and bytes.")
@click.option("--only", help="One syntax, printed alone.")
def main(path: Path | None, count: int, seed: int, only: str | None) -> None:
    """Count what is said of damaged films and write benchmarks/results/damaged_films.json.

    PATH: the film that is damaged; a phantom without it.
    """
    shown = draw(PhantomSpec(rows=700, columns=620, zones={"C": 2, "E": 1}, seed=3))
    if path is not None:
        shown = replace(shown, pixels=read(path).pixels)
    scorer = Scorer(threads=1)
    counts = {}
    for name, (syntax, bits) in SYNTAXES.items():
        # Samples that are stored as they are have no code that could tell.
        if only in (None, name) and name != "uncompressed":
            whole = _whole(shown, Storage(min(bits, MOST_BITS), transfer_syntax=syntax))
            counts[name] = _counts(whole, random.Random(seed), count, scorer)  # noqa: S311
            click.echo(f"{name}: {json.dumps(counts[name])}")
    if only is None:
        document = {"benchmark": "damaged_films", "films": count, "seed": seed, "answers": counts}
        target = RESULTS / "damaged_films.json"
        target.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        click.echo(target)


def _whole(shown: Phantom, storage: Storage) -> Whole:
    file = io.BytesIO()
    to_dicom(shown, storage).save_as(file, enforce_file_format=True)
    content = file.getvalue()
    if storage.transfer_syntax == uid.DeflatedExplicitVRLittleEndian:
        return Whole(content, range(len(content) // 4, len(content)))
    element = parse(content, Limits()).pixels
    if element is None:
        raise ValueError("the film has no pixels")
    begins = content.rindex(bytes(element.value[:200]))
    frame = bytes(element.value)
    begins += max(RLE_HEADER, *(frame.find(mark) for mark in CODE_BEGINS))
    return Whole(content, range(begins, len(content) - 16))


def _counts(whole: Whole, rng: random.Random, count: int, scorer: Scorer) -> dict[str, int]:
    """Return how many damaged films end in an error, are rejected, keep or change their score."""
    score = _score(whole.content, scorer)
    if not isinstance(score, float):
        raise ValueError("the film is not graded when whole")
    answers: Counter[str] = Counter()
    for _ in range(count):
        answer = _score(whole.damaged(rng), scorer)
        if isinstance(answer, float):
            answer = "score moved" if abs(answer - score) >= MOVED else "score kept"
        answers[answer] += 1
    return dict(sorted(answers.items()))


def _score(content: bytes, scorer: Scorer) -> float | str:
    result = grade(FilmFile(content, Limits()), scorer)
    if result.scores is not None:
        return result.scores.brixia.value
    return "rejected" if result.error is None else result.error.code


if __name__ == "__main__":
    main()
