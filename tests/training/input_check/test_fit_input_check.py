import numpy as np
import pytest
import torch

from radiograde.model.scoring.input_check import CLASSES
from radiograde.training.config import NetworkConfig
from radiograde.training.input_check import train_head
from radiograde.training.input_check.pictures import LabelledPictures
from radiograde.training.input_check.train_head import fit_input_check, summarise
from radiograde.training.network.heads import InputCheckHead
from radiograde.training.network.lung_crop import lung_box, sample_box
from radiograde.training.network.severity_network import SeverityNetwork

INPUTS = 12
EACH = 40


def clouds(seed: int, *, gap: float = 6.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return summaries (M, 12) around one point a class, and which class each is of."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.arange(len(CLASSES)).repeat(EACH)
    centres = gap * torch.eye(INPUTS)[: len(CLASSES)]
    return centres[labels] + torch.randn(len(labels), INPUTS, generator=rng), labels


def test_what_can_be_told_apart_is_told_apart_on_new_pictures() -> None:
    head = fit_input_check(*clouds(1))
    inputs, labels = clouds(2)
    probabilities = head(inputs)
    assert probabilities.shape == (len(labels), len(CLASSES))
    assert (probabilities.argmax(1) == labels).float().mean() > 0.98
    assert probabilities.gather(1, labels[:, None]).mean() > 0.8


def test_probabilities_are_a_share_each() -> None:
    for head in (fit_input_check(*clouds(1)), InputCheckHead(INPUTS // 2)):
        probabilities = head(100 * torch.randn(50, INPUTS))
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
        torch.testing.assert_close(probabilities.sum(1), torch.ones(50))


def test_what_cannot_be_told_apart_keeps_its_doubt() -> None:
    inputs, labels = clouds(3, gap=0.0)
    likeliest = fit_input_check(inputs, labels)(clouds(4, gap=0.0)[0]).amax(1)
    assert likeliest.mean() < 0.4


def test_few_pictures_that_are_told_apart_make_no_head_wholly_sure() -> None:
    inputs, labels = clouds(1)
    probabilities = fit_input_check(inputs, labels)(inputs).gather(1, labels[:, None])
    assert 0.9 < float(probabilities.max()) < 0.999


def test_the_scale_and_origin_of_a_summary_do_not_matter() -> None:
    inputs, labels = clouds(5)
    new, _ = clouds(6)
    stretch, shift = torch.logspace(-1, 3, INPUTS), torch.linspace(-50, 50, INPUTS)
    plain = fit_input_check(inputs, labels)(new)
    moved = fit_input_check(inputs * stretch + shift, labels)(new * stretch + shift)
    torch.testing.assert_close(plain, moved, atol=0.02, rtol=0)


def test_where_nothing_tells_them_apart_a_class_is_as_probable_as_it_is_frequent() -> None:
    inputs = torch.zeros(909, INPUTS)
    labels = torch.cat([torch.zeros(900), torch.full((9,), 3)]).long()
    probabilities = fit_input_check(inputs, labels)(inputs[:1])[0]
    assert float(probabilities[3]) == pytest.approx(9 / 909, abs=0.002)
    assert float(probabilities[0]) == pytest.approx(900 / 909, abs=0.002)


def test_a_class_without_pictures_is_never_the_answer() -> None:
    inputs, labels = clouds(7)
    kept = labels != CLASSES.index("child")
    head = fit_input_check(inputs[kept], labels[kept])
    assert head(inputs)[:, CLASSES.index("child")].max() < 0.5
    assert (head(inputs[kept]).argmax(1) == labels[kept]).all()


def test_a_head_is_the_same_every_time_and_learns_no_further() -> None:
    one, other = fit_input_check(*clouds(8)), fit_input_check(*clouds(8))
    assert torch.equal(one.linear.weight, other.linear.weight)
    assert not any(parameter.requires_grad for parameter in one.parameters())
    assert not one.training


@pytest.mark.parametrize("batch", [3, 16])
def test_summaries_are_of_each_picture_as_a_whole_and_of_its_lungs(
    monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    torch.manual_seed(0)
    network = SeverityNetwork(
        NetworkConfig(input_size=128, pass_size=64, width=8), pretrained=False
    )
    squares = np.random.default_rng(1).integers(0, 256, (7, 128, 128), dtype=np.uint8)
    nothing = np.zeros(7, np.int64)
    pictures = LabelledPictures(squares, nothing, nothing, ("film",) * 7, np.ones(7, bool))
    monkeypatch.setattr(train_head, "BATCH", batch)
    found = summarise([network], pictures, torch.device("cpu"))
    assert found.shape == (7, 2 * network.summary_size)
    halves = torch.from_numpy(squares).float().reshape(7, 1, 64, 2, 64, 2).mean((3, 5)) / 255
    with torch.no_grad():
        whole = network.eval()(halves)
        films = torch.from_numpy(squares)[:, None].float() / 255
        crops = [
            sample_box(films, lung_box(whole.lungs.sigmoid(), margin), 64)
            for margin in network.config.grading_margins
        ]
        close = (network(crops[0]).summary + network(crops[1].flip(3)).summary) / 2
    expected = torch.cat([whole.summary, close], 1)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
