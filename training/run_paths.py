"""Where the parts of a run lie: its folders and files, and what its models are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

PRETRAINING = "pretrain"
"""The network that the fine-tunes begin from."""

FINAL = "final"
"""The model that ships; it learns from every fold."""

RECORD = "run.json"
"""What a folder holds that is a run's."""


def fold_name(fold: int) -> str:
    """Return the name of the model that never sees a fold."""
    return f"fold{fold}"


def model_name(held_out: int | None) -> str:
    """Return the name of the model from which a fold is held out; of what ships, for None."""
    return FINAL if held_out is None else fold_name(held_out)


def held_out_folds(folds: Sequence[int]) -> dict[str, int | None]:
    """Return each model of a run with the fold held out from it, what ships last."""
    return {model_name(fold): fold for fold in (*folds, None)}


def left_out_name(*sources: str) -> str:
    """Return the name of the model that never sees some sources."""
    return f"without-{'+'.join(sources)}"


def own_pretraining(*left_out: str) -> str:
    """Return the name of the pretraining that never sees some sources."""
    return f"{left_out_name(*left_out)}/{PRETRAINING}"


def member_names(model: str, members: int) -> list[str]:
    """Return the names of the networks that are averaged into one model, its own name first."""
    return [model, *(f"{model}-{number}" for number in range(2, members + 1))]


LEFT_OUT_EVALUATION = "evaluation.json"


@dataclass(frozen=True, slots=True)
class RunPaths:
    """Where a run and its films lie.

    ``data``: the manifest, or its folder. ``run``: everything that training and evaluation
    write. ``cache``: the decoded films, shared by runs.

        RUN/config.yaml          every choice of the run
        RUN/run.json             versions, digests and seconds a stage
        RUN/pretrain/            final.pt once done, last.pt before that
        RUN/lung_boxes.pt        where each film's lungs lie
        RUN/fold0/ ...           the same as in pretrain/, and the fold's input check
        RUN/final/               the model that ships
        RUN/calibration.json     what ``evaluate`` writes, as are the two below
        RUN/predictions.npz
        RUN/evaluation.json
        RUN/without-SOURCE/      the model that never sees a source, and its evaluation there;
                                 where pretraining uses that source, a pretrain/ and a
                                 lung_boxes.pt of its own
    """

    data: Path
    run: Path
    cache: Path
    more_data: tuple[Path, ...] = ()

    @classmethod
    def of(cls, data: Path | Sequence[Path], run: Path, cache: Path | None = None) -> RunPaths:
        """Return the paths of a run; its cache is beside the run, where none is given."""
        first, *more = [data] if isinstance(data, Path) else data
        return cls(first, run, cache or run.resolve().parent / ".films", tuple(more))

    def of_run(self, run: Path) -> RunPaths:
        """Return the paths of another run on the same films."""
        return replace(self, run=run)

    @property
    def config(self) -> Path:
        """Every choice of the run."""
        return self.run / "config.yaml"

    @property
    def record(self) -> Path:
        """What ran, on what, and how long it took."""
        return self.run / RECORD

    @property
    def lung_boxes(self) -> Path:
        """Boxes (N, 4) around the lungs of every film, as the shared pretraining finds them."""
        return self.boxes_of(PRETRAINING)

    def boxes_of(self, pretraining: str) -> Path:
        """Return the lung boxes that a pretraining leaves; once they are there, it is done."""
        return self.folder(pretraining).parent / "lung_boxes.pt"

    @property
    def calibration(self) -> Path:
        """The curves that the shipped model carries."""
        return self.run / "calibration.json"

    @property
    def predictions(self) -> Path:
        """The calibrated out-of-fold gradings."""
        return self.run / "predictions.npz"

    @property
    def raw_predictions(self) -> Path:
        """The out-of-fold gradings as the networks gave them."""
        return self.run / "raw_predictions.npz"

    @property
    def left_out_evaluations(self) -> list[Path]:
        """What was measured of models without a source, by its name."""
        return sorted(self.run.glob(f"{left_out_name('*')}/{LEFT_OUT_EVALUATION}"))

    def left_out_evaluation(self, *sources: str) -> Path:
        """Return where the evaluation of the model without some sources goes."""
        return self.folder(left_out_name(*sources)) / LEFT_OUT_EVALUATION

    @property
    def evaluation(self) -> Path:
        """Every figure that the run was measured by."""
        return self.run / "evaluation.json"

    def folder(self, network: str) -> Path:
        """Return the folder of a network such as ``pretrain``, ``fold0`` or ``final-2``."""
        return self.run / network

    def weights(self, network: str) -> Path:
        """Return the averaged weights of a network; once they are there, its fit is done."""
        return self.folder(network) / "final.pt"

    def checkpoint(self, network: str) -> Path:
        """Return the state after the last epoch of a fit that is not done."""
        return self.folder(network) / "last.pt"

    def pseudo_labels(self, network: str) -> Path:
        """Return what the teacher graded for a network to learn."""
        return self.folder(network) / "pseudo_labels.pt"

    def input_check(self, model: str) -> Path:
        """Return the weights of a model's input check; ``input_check.pt`` saw the film alone."""
        return self.folder(model) / "film_and_lungs_check.pt"

    def held_out_pictures(self, model: str) -> Path:
        """Return what a fold's input check says of the pictures held out from it."""
        return self.folder(model) / "input_check.npz"
