from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.storage import Storage
from radiograde.model.errors import ModelFileError
from radiograde.model.grading import grade
from radiograde.model.limits import Limits
from radiograde.model.reading import film_file
from radiograde.model.reading.digest import Digest
from radiograde.model.reading.film_file import open_film
from radiograde.model.scoring.film_trace import Grading
from radiograde.model.scoring.result import Maps
from radiograde.model.scoring.scorer import OUTPUTS, Scorer, involvement
from tests.model.reading.films import LOSSLESS, film


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(threads=1)


def brixia(data: bytes, scorer: Scorer) -> float:
    result = grade(open_film(data, Limits()), scorer)
    assert result.scores is not None, result.to_json()
    return result.scores.brixia.value


def test_a_grading_holds_together(scorer: Scorer) -> None:
    result = grade(open_film(film(), Limits()), scorer)
    assert result.status == "scored"
    assert result.scores is not None
    assert result.maps is not None
    scores = result.scores
    assert scores.brixia.value == pytest.approx(sum(z.value for z in scores.zones.values()))
    for score in (scores.brixia, scores.geographic_extent, scores.opacity, *scores.zones.values()):
        assert score.range[0] <= score.interval[0] <= score.value <= score.interval[1]
        assert score.interval[1] <= score.range[1]
    rows, columns = result.maps.opacity.shape
    assert rows / columns == pytest.approx(291 / 273, rel=0.03)
    assert set(result.timing_ms) == {"read", "score", "total"}


def test_the_same_film_gives_the_same_grading(scorer: Scorer) -> None:
    assert (
        grade(open_film(film(), Limits()), scorer).scores
        == grade(open_film(film(), Limits()), scorer).scores
    )


def test_one_film_is_graded_as_it_is_in_a_batch(scorer: Scorer) -> None:
    several = Scorer(threads=1, batches=True)
    side = scorer.metadata.preprocessing.size
    films = np.random.default_rng(2).random((2, 1, side, side), dtype=np.float32)
    together = several.session.run(OUTPUTS, {"image": films})
    for place in (0, 1):
        alone = scorer.session.run(OUTPUTS, {"image": films[place : place + 1]})
        for name, one, many in zip(OUTPUTS, alone, together, strict=True):
            np.testing.assert_allclose(one[0], many[place], atol=1e-4, err_msg=name)


def test_the_network_does_not_wait_for_the_hash(
    scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = []
    run, digest = Scorer._run, Digest.of(film()).hex

    def digits(_: Digest) -> str:
        happened.append("hash")
        return digest

    def answer(self: Scorer, square: NDArray[np.float32]) -> Grading:
        happened.append("network")
        return run(self, square)

    monkeypatch.setattr(Digest, "hex", property(digits))
    monkeypatch.setattr(Scorer, "_run", answer)
    result = grade(open_film(film(), Limits()), scorer)
    assert happened == ["network", "hash"]
    assert result.image is not None
    assert result.image.sha256 == digest


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_how_a_film_is_stored_does_not_move_its_score(scorer: Scorer, bits: int) -> None:
    reference = brixia(film(Storage(bits=16)), scorer)
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        for syntax in LOSSLESS:
            stored = film(Storage(bits, photometric, syntax))
            assert brixia(stored, scorer) == pytest.approx(reference, abs=0.1), syntax.name


def test_worse_lungs_score_higher(shared: Path, scorer: Scorer) -> None:
    chest = shared / "dicom" / "chest"
    normal = brixia((chest / "rsna_cr_pa_normal.dcm").read_bytes(), scorer)
    opacity = brixia((chest / "rsna_cr_ap_opacity.dcm").read_bytes(), scorer)
    assert opacity > normal + 3


def test_the_side_of_the_film_is_the_other_side_of_the_patient(scorer: Scorer) -> None:
    right = draw(PhantomSpec(rows=400, columns=380, zones={"A": 3, "B": 3, "C": 3}, seed=2))
    result = grade(open_film(film(of=right), Limits()), scorer)
    assert result.scores is not None
    zones = result.scores.zones
    assert sum(zones[z].value for z in "ABC") > sum(zones[z].value for z in "DEF")


def test_a_rejected_film_has_no_scores(scorer: Scorer) -> None:
    result = grade(open_film(film(ViewPosition="LL"), Limits()), scorer)
    assert result.status == "rejected"
    assert result.scores is None
    assert "scores" not in result.to_json()


def test_an_unreadable_file_says_why(scorer: Scorer) -> None:
    result = grade(open_film(b"no image at all", Limits()), scorer)
    assert result.status == "failed"
    assert result.error is not None
    assert result.error.code == "unknown_format"


def test_a_picture_without_lungs_is_rejected(scorer: Scorer) -> None:
    verdict = scorer.score(film_file.read(film()))
    assert verdict.status == "scored"
    blind = Scorer(threads=1)
    object.__setattr__(blind.metadata.thresholds, "least_lung", 1.1)
    rejected = blind.score(film_file.read(film()))
    assert rejected.status == "rejected"
    assert rejected.gate is not None
    assert rejected.gate.reasons[-1].code == "not_chest"


def test_the_maps_carry_the_model_s_threshold_of_involvement() -> None:
    strict = Scorer(threads=1)
    object.__setattr__(strict.metadata.thresholds, "involved", 0.7)
    result = strict.score(film_file.read(film()))
    assert result.scores is not None
    assert result.maps is not None
    assert result.maps.involved == 0.7
    assert involvement(result.maps, 0.7) == result.scores.lung_involvement_percent


def test_involvement_is_the_marked_share_of_each_lung() -> None:
    lungs = np.zeros((2, 10, 10), np.float32)
    lungs[0, :, :4] = 1.0
    lungs[1, :, 6:] = 1.0
    opacity = np.zeros((10, 10), np.float32)
    opacity[5:, :4] = 1.0
    found = involvement(Maps(opacity, lungs), 0.25)
    assert (found.right, found.left, found.total) == (50.0, 0.0, 25.0)
    lungs[1] = 0.0
    assert involvement(Maps(opacity, lungs), 0.25).left is None


def test_what_is_no_model_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"missing\.onnx"):
        Scorer(tmp_path / "missing.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a graph")
    with pytest.raises(ModelFileError, match="no usable ONNX"):
        Scorer(broken)


def test_a_provider_that_is_not_here_is_named() -> None:
    with pytest.raises(ModelFileError, match="MoonExecutionProvider"):
        Scorer(providers=["MoonExecutionProvider"])


def test_real_films_of_every_kind_are_graded(shared: Path, scorer: Scorer) -> None:
    paths = sorted((shared / "dicom" / "chest").iterdir())
    assert len(paths) == 12
    for path in paths:
        assert grade(open_film(path.read_bytes(), Limits()), scorer).status == "scored", path.name


def test_the_false_tag_does_not_move_the_score(shared: Path, scorer: Scorer) -> None:
    chest = shared / "dicom" / "chest"
    honest = brixia((chest / "siim_cr_mono2_jpeg.dcm").read_bytes(), scorer)
    false = brixia((chest / "siim_cr_false_mono1_tag.dcm").read_bytes(), scorer)
    assert false == pytest.approx(honest, abs=0.1)
