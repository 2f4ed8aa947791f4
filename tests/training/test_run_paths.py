from pathlib import Path

from radiograde.training.run_paths import RunPaths, held_out_folds, member_names, model_name


def test_what_ships_learns_from_every_fold_and_comes_last() -> None:
    assert held_out_folds([0, 2]) == {"fold0": 0, "fold2": 2, "final": None}
    assert list(held_out_folds([0, 2])) == ["fold0", "fold2", "final"]
    assert model_name(None) == "final"


def test_the_first_member_has_the_name_of_its_model() -> None:
    assert member_names("fold1", 3) == ["fold1", "fold1-2", "fold1-3"]


def test_runs_beside_each_other_share_decoded_films(tmp_path: Path) -> None:
    one, other = (RunPaths.of(Path("films"), tmp_path / name) for name in ("one", "other"))
    assert one.cache == other.cache == tmp_path / ".films"
    assert RunPaths.of(Path("films"), tmp_path / "one", Path("mine")).cache == Path("mine")


def test_another_run_on_the_same_films_differs_in_its_folder_alone(tmp_path: Path) -> None:
    paths = RunPaths(Path("films"), tmp_path / "student", tmp_path / "cache")
    teacher = paths.of_run(tmp_path / "teacher")
    assert (teacher.data, teacher.cache) == (paths.data, paths.cache)
    assert teacher.weights("fold0") == tmp_path / "teacher" / "fold0" / "final.pt"
