"""What readers and comparators graded, as arrays; NaN where a film has nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from radiograde.data.film import Film
from radiograde.model.scoring.scales import OPACITY, ZONES
from radiograde.training.dataset.targets import READERS, opacity_of
from radiograde.training.evaluation.figures.patient_bootstrap import Array

COHEN_TOP = 6.0
"""Top of the scale on which the Cohen films' opacity was read."""


@dataclass(frozen=True, slots=True)
class ReferenceStandard:
    """Readers' scores of N films, and those of published systems.

    ``readers``: reader to zones (N, 6) in 0-3. ``extent``, ``opacity``: (N,) in 0-8.
    ``comparators``: name to published predictions (N,). ``cohen``: (N,) bool, the 94 films of Cohen
    et al., whose opacity was read on 0-6.
    """

    readers: Mapping[str, Array]
    extent: Array
    opacity: Array
    comparators: Mapping[str, Array]
    cohen: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @classmethod
    def of(cls, films: Sequence[Film]) -> ReferenceStandard:
        """Return the reference standard of the films, in their order."""
        nothing = (np.nan,) * len(ZONES)
        names = sorted({name for film in films for name in film.peers})
        return cls(
            {
                reader: np.array([film.brixia.get(reader, nothing) for film in films], float)
                for reader in READERS
            },
            _column(film.geographic_extent for film in films),
            np.array([opacity_of(film) for film in films], float),
            {name: _column(film.peers.get(name) for film in films) for name in names},
            np.array([film.cohen94 for film in films], bool),
        )

    @property
    def zones(self) -> Array:
        """Mean of those readers who graded the film, (N, 6)."""
        graded = np.stack(list(self.readers.values()))
        count = (~np.isnan(graded)).sum(0)
        mean: Array = np.nansum(graded, 0) / np.where(count, count, np.nan)
        return mean

    @property
    def brixia(self) -> Array:
        """Global score of the readers' mean, (N,)."""
        total: Array = self.zones.sum(1)
        return total

    def of_reader(self, reader: str) -> Array:
        """Global score of one reader, (N,)."""
        total: Array = self.readers[reader].sum(1)
        return total

    def of_comparator(self, name: str) -> Array:
        """Predictions of one comparator, (N,); all NaN where nobody knows it."""
        return self.comparators.get(name, np.full(len(self.extent), np.nan))

    def cohen_opacity(self) -> Array:
        """Opacity of the Cohen films on the 0-6 scale that they were read on, (N,)."""
        return np.where(self.cohen, self.opacity * COHEN_TOP / OPACITY.high, np.nan)


def _column(values: Iterable[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], float)
