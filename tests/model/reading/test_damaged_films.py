"""Films of every syntax, damaged anywhere: an error of the product, or pixels that can be so."""

from __future__ import annotations

import random
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import MUTATIONS, mutant, outcome, seeds

FILMS = {film.name: film for film in seeds()}


@pytest.mark.parametrize("name", FILMS)
@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(kind=st.sampled_from(MUTATIONS), rng=st.randoms(use_true_random=False))
def test_damage_is_an_error_or_shows_nowhere(name: str, kind: str, rng: random.Random) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert outcome(mutant(FILMS[name], kind, rng))
