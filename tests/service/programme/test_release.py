"""What may be done with the models of a site, by whom, and on what evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from radiograde.model.errors import ModelFileError
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.errors import ModelReleaseError
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.records import open_records
from radiograde.service.programme.self_test import self_test
from tests.service.programme.site_models import SiteModels, acceptance, site_models


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteModels]:
    with site_models(tmp_path) as made:
        yield made


def states(site: SiteModels) -> dict[str, str]:
    return {model.version: model.state for model in site.release.models.all()}


def test_a_model_is_added_as_a_candidate_and_its_file_is_kept(site: SiteModels) -> None:
    sha256 = site.add("one")
    assert states(site) == {"one": "candidate"}
    assert site.release.file(sha256).read_bytes() == b"one"
    assert [event.action for event in site.release.models.events(sha256)] == ["added"]
    with pytest.raises(ModelReleaseError, match="already"):
        site.add("one")


def test_a_model_that_fails_its_self_test_is_not_added(site: SiteModels) -> None:
    with pytest.raises(ModelFileError, match="self-test: zones"):
        site.add("broken")
    assert site.release.models.all() == []


def test_without_an_acceptance_that_passed_no_model_is_promoted(site: SiteModels) -> None:
    sha256 = site.add("one")
    with pytest.raises(ModelReleaseError, match="no acceptance is recorded"):
        site.release.promote(sha256, "lee", two_persons=False)
    site.release.record(acceptance(sha256), "kim")
    site.release.record(acceptance(sha256, "not accepted"), "kim")
    with pytest.raises(ModelReleaseError, match="came to 'not accepted'"):
        site.release.promote(sha256, "lee", two_persons=False)
    assert site.release.models.production() is None


def test_promotion_names_who_and_the_evidence(site: SiteModels) -> None:
    sha256 = site.accepted("one")
    site.release.promote(sha256[:8], "lee", two_persons=True)
    event = site.release.models.events(sha256)[0]
    digest = hashlib.sha256(acceptance(sha256)).hexdigest()
    assert (event.action, event.by, event.evidence) == ("promoted", "lee", digest)
    assert (site.release.files.folder / f"{digest}.json").read_bytes() == acceptance(sha256)


def test_where_two_are_asked_for_one_person_is_not_enough(site: SiteModels) -> None:
    sha256 = site.accepted("one", by="kim")
    with pytest.raises(ModelReleaseError, match="Somebody else"):
        site.release.promote(sha256, "kim", two_persons=True)
    assert site.release.promote(sha256, "kim", two_persons=False).state == "production"


def test_a_rollback_goes_to_the_model_before_and_then_to_the_settings(site: SiteModels) -> None:
    one, two, three = (site.accepted(name) for name in ("one", "two", "three"))
    for sha256 in (one, two, three):
        site.release.promote(sha256, "lee", two_persons=True)
    assert states(site) == {"one": "retired", "two": "retired", "three": "production"}
    site.release.retire(two, "lee")
    left, came = site.release.roll_back("kim")
    assert (left.version, came and came.version) == ("three", "one"), "two was taken out of use"
    assert states(site) == {"one": "production", "two": "retired", "three": "retired"}
    assert site.release.roll_back("kim")[1] is None
    assert site.release.models.production() is None
    with pytest.raises(ModelReleaseError, match="the settings name the model"):
        site.release.roll_back("kim")


def test_a_model_may_come_back_after_it_was_rolled_back(site: SiteModels) -> None:
    one, two = site.accepted("one"), site.accepted("two")
    for sha256 in (one, two, one):
        site.release.promote(sha256, "lee", two_persons=True)
    assert site.release.roll_back("lee")[1] == site.release.find(two)


def test_what_is_in_production_is_not_retired(site: SiteModels) -> None:
    one = site.accepted("one")
    site.release.promote(one, "lee", two_persons=True)
    with pytest.raises(ModelReleaseError, match="is in production"):
        site.release.retire(one, "lee")
    with pytest.raises(ModelReleaseError, match="is in production"):
        site.release.promote(one, "lee", two_persons=True)


def test_a_file_that_was_changed_is_not_promoted(site: SiteModels) -> None:
    one = site.accepted("one")
    site.release.file(one).write_bytes(b"other")
    with pytest.raises(ModelFileError, match="was changed"):
        site.release.promote(one, "lee", two_persons=True)
    assert states(site) == {"one": "candidate"}


def test_records_of_other_models_and_other_files_are_no_evidence(site: SiteModels) -> None:
    with pytest.raises(ModelReleaseError, match="not one of this site"):
        site.release.record(acceptance("ab" * 32), "kim")
    with pytest.raises(ModelReleaseError, match="no record"):
        site.release.record(b"{}", "kim")
    sha256 = site.add("one")
    compared = {"format": "radiograde.comparison/1", "verdict": "better", "b": {"sha256": sha256}}
    found = site.release.record(json.dumps(compared).encode(), "kim")
    assert (found.action, found.outcome) == ("compared", "better")


@pytest.mark.parametrize("letters", [0, 6, 63])
def test_a_record_names_its_model_by_the_whole_digest(site: SiteModels, letters: int) -> None:
    sha256 = site.add("one")
    with pytest.raises(ModelReleaseError, match="no record"):
        site.release.record(acceptance(sha256[:letters]), "kim")


@pytest.mark.parametrize("digest", ["ab", "zzzzzz"])
def test_a_model_is_named_by_letters_of_its_own(site: SiteModels, digest: str) -> None:
    site.add("one")
    with pytest.raises(ModelReleaseError, match="0 models of this site"):
        site.release.find(digest)


def test_the_bundled_model_passes_its_self_test() -> None:
    self_test(Scorer(threads=1))


def test_a_file_that_is_gone_is_a_standing_fault(tmp_path: Path) -> None:
    with site_models(tmp_path) as site:
        sha256 = site.accepted("one")
        site.release.promote(sha256, "lee", two_persons=True)
        settings = Settings(data_dir=tmp_path / "data")
        with closing(open_records(settings)) as records:
            assert "model_gone" not in {one.code for one in standing_faults(records, settings)}
            site.release.file(sha256).unlink()
            assert "model_gone" in {one.code for one in standing_faults(records, settings)}
