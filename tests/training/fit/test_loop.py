from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from radiograde.training.config import StageConfig, TrainConfig
from radiograde.training.dataset.film_dataset import FilmDataset, open_dataset
from radiograde.training.dataset.sampler import finetune_sampler
from radiograde.training.distributed import DistributedContext
from radiograde.training.fit.loop import (
    FIRST_RATE,
    LAST_RATE,
    WARM_UP,
    FitConfig,
    FitContext,
    NetworkFit,
    TrainingData,
    generator,
    warm_average,
    warm_cosine,
)
from radiograde.training.fit.losses import averaged, label_counts, total_loss
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.run_paths import RunPaths

STAGE = StageConfig(epochs=4, rate=1e-3, head_rate=2.0, frozen_blocks=2)


def test_the_rate_rises_to_its_peak_and_falls_to_a_hundredth() -> None:
    rates = [warm_cosine(step / 1000) for step in range(1000)]
    assert rates[0] == pytest.approx(FIRST_RATE)
    peak = rates.index(max(rates))
    assert peak / 1000 == pytest.approx(WARM_UP, abs=0.01)
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] == LAST_RATE


@pytest.fixture(scope="module")
def dataset(paths: RunPaths, tiny: TrainConfig) -> FilmDataset:
    return open_dataset(paths, tiny)


@pytest.fixture
def fit(dataset: FilmDataset, tiny: TrainConfig, tmp_path: Path) -> NetworkFit:
    return begun(dataset, tiny, tmp_path)


def begun(dataset: FilmDataset, tiny: TrainConfig, folder: Path) -> NetworkFit:
    paths = RunPaths.of(folder, folder)
    context = FitContext(paths, tiny, DistributedContext(torch.device("cpu")), lambda _: None)
    torch.manual_seed(0)
    network = SeverityNetwork(tiny.network, pretrained=False)
    sampler = finetune_sampler(dataset, STAGE, 0)
    return NetworkFit(network, FitConfig("fold0", STAGE, sampler), context, dataset.targets.series)


def data(dataset: FilmDataset) -> TrainingData:
    boxes = torch.tensor([-1.0, -1.0, 1.0, 1.0]).repeat(len(dataset.folds), 1)
    return TrainingData(dataset.cache, dataset.targets, boxes)


def rates(fit: NetworkFit) -> list[float]:
    return [group["lr"] for group in fit.optimiser.param_groups]


def test_encoder_heads_and_readers_follow_one_schedule_at_rates_of_their_own(
    fit: NetworkFit, dataset: FilmDataset
) -> None:
    assert rates(fit) == pytest.approx([FIRST_RATE * rate for rate in (1e-3, 2e-3, 4e-3)])
    fit.train_epoch(data(dataset))
    expected = warm_cosine(1 / STAGE.epochs)
    assert rates(fit) == pytest.approx([expected * rate for rate in (1e-3, 2e-3, 4e-3)])


def test_frozen_blocks_stay_as_they_are(fit: NetworkFit, dataset: FilmDataset) -> None:
    blocks = fit.network.encoder.blocks
    before = [[p.clone() for p in block.parameters()] for block in blocks]
    fit.train_epoch(data(dataset))
    moved = [
        any(not torch.equal(old, new) for old, new in zip(kept, block.parameters(), strict=True))
        for kept, block in zip(before, blocks, strict=True)
    ]
    assert moved == [False, False] + [True] * (len(blocks) - 2)


def test_weights_are_averaged_with_a_decay_that_rises_to_that_of_the_run() -> None:
    """A short fit must not keep half of the weights that it began with."""
    update, average = warm_average(0.98), [torch.ones(1)]
    for step in range(1, 101):
        update(average, [torch.zeros(1)], torch.tensor(step))
    assert average[0] < 0.01
    before = torch.ones(1)
    update([before], [torch.zeros(1)], 10_000)
    assert before.item() == pytest.approx(0.98)


def test_the_averaged_weights_follow_every_step(
    fit: NetworkFit, dataset: FilmDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The average starts at the weights of the first step; each later step moves it a little."""
    steps: list[torch.Tensor] = []
    update = fit.averaged.update_parameters

    def follow(network: torch.nn.Module) -> None:
        update(network)
        steps.append(fit.network.pool.borders.detach().clone())

    monkeypatch.setattr(fit.averaged, "update_parameters", follow)
    fit.train_epoch(data(dataset))
    mean = steps[0]
    for number, value in enumerate(steps[1:], 1):
        decay = min(fit.config.ema, (1 + number) / (10 + number))
        mean = torch.lerp(mean, value, 1 - decay)
    assert len(steps) > 2
    averaged = dict(fit.averaged.module.named_parameters())["pool.borders"]
    torch.testing.assert_close(averaged, mean, atol=1e-6, rtol=0)
    assert not torch.equal(averaged, steps[-1])


def test_every_epoch_of_every_fit_draws_numbers_of_its_own() -> None:
    """Without separators fold 1's epoch 11 was fold 11's epoch 1."""
    parts = [("fold1", 11), ("fold11", 1), ("fold1", 1, 1), ("fold", 111), ("fold1", 11, 0)]
    seeds = [generator(1, *each).initial_seed() for each in (*parts, ("fold1", 1))]
    assert len(set(seeds)) == len(seeds)
    assert generator(1, "fold1", 11).initial_seed() == seeds[0]


def test_a_fit_that_is_taken_up_again_has_all_of_its_state(
    fit: NetworkFit, dataset: FilmDataset, tiny: TrainConfig, tmp_path: Path
) -> None:
    fit.train_epoch(data(dataset))
    fit.save()
    again = begun(dataset, tiny, tmp_path)
    again.restore()
    assert again.epoch == 1
    assert rates(again) == rates(fit)
    for one in (fit, again):
        one.train_epoch(data(dataset))
    for part in ("network", "averaged"):
        states = (getattr(one, part).state_dict() for one in (fit, again))
        torch.testing.assert_close(*states, atol=0, rtol=0)
    assert rates(again) == rates(fit)


class Reads(TorchDispatchMode):
    """Counts the numbers that Python reads off tensors: on a GPU each waits for all before it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's own
        self.count = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


def test_from_the_samples_to_the_gradients_nothing_waits_for_the_device(
    fit: NetworkFit, dataset: FilmDataset
) -> None:
    films = torch.arange(4)
    sample = fit._augmented(films, data(dataset), fit.config.augment, generator(1, "samples"))
    targets = dataset.targets.rows(films, torch.device("cpu")).mirrored(sample.mirror)
    with Reads() as reads:
        terms = fit.loss_module(sample, targets)
        means = averaged(terms, label_counts(terms))
        total_loss(means, fit.config.loss).backward()
    assert reads.count == 0
    with Reads() as reads:
        float(total_loss(means, fit.config.loss).detach())
    assert reads.count == 1, "a number that is read is counted"


def test_losses_are_read_once_an_epoch(
    fit: NetworkFit, dataset: FilmDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, terms = fit._train_step, list[dict[str, torch.Tensor]]()

    def watched(*given: Any) -> dict[str, torch.Tensor]:
        terms.append(step(*given))
        return terms[-1]

    monkeypatch.setattr(fit, "_train_step", watched)
    fit.train_epoch(data(dataset))
    assert len(terms) > 1
    assert all(not value.requires_grad for one in terms for value in one.values())
    for name in ("total", "lungs", "zones"):
        mean = sum(float(one[name]) for one in terms) / len(terms)
        assert fit.losses[name] == pytest.approx(mean, abs=1e-5)
