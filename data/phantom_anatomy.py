"""The shapes of a schematic chest: where body, lungs, heart and bones lie on a frontal film.

Coordinates: ``x`` from -1 (image left, patient's right) to 1, ``y`` from 0 (top) to 1. A side is
-1 for the patient's right and 1 for the left; ``s = side * x`` grows away from the spine. Masks
have soft edges and values in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]

RIGHT, LEFT = -1, 1
EDGE = 0.006
RIBS = 9


@dataclass(frozen=True, slots=True)
class Build:
    """How one patient differs from the next; 1 is average, shifts are in film widths."""

    chest_width: float = 1.0
    heart: float = 1.0
    inspiration: float = 1.0
    breasts: float = 0.0

    @classmethod
    def random(cls, rng: np.random.Generator, *, female: bool) -> Build:
        """Return a plausible patient."""
        return cls(
            chest_width=rng.uniform(0.92, 1.05),
            heart=rng.uniform(0.88, 1.15),
            inspiration=rng.uniform(0.92, 1.04),
            breasts=rng.uniform(0.5, 1.0) if female else 0.0,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """One patient's shapes on a grid of (H, W) points."""

    x: Field
    y: Field
    build: Build

    def body(self) -> Field:
        """Return the relative thickness of the trunk, neck and shoulders; 0 outside."""
        neck, trunk = 0.20, 0.93 * self.build.chest_width
        shoulder = _step((self.y - 0.13) / 0.035)
        slope = 0.55 * np.clip((self.y - 0.06) / 0.10, 0, 1)
        half = neck + slope * (trunk - neck) + (1 - 0.55) * shoulder * (trunk - neck)
        half += 0.16 * np.exp(-(((self.y - 0.26) / 0.09) ** 2))
        inside = np.clip(1 - (self.x / half) ** 2, 0, 1)
        shape: Field = inside**0.35
        return shape

    def lung(self, side: int) -> Field:
        """Return the aerated lung beside the heart and above the diaphragm."""
        return (
            self._cage(side, 0.0)
            * _step((self._s(side) - self._hilar_border(side)) / EDGE)
            * _step((self.diaphragm() - self.y) / EDGE)
            * (1 - np.clip(3 * self.heart(), 0, 1))
        )

    def thorax(self) -> Field:
        """Return where ribs can be seen: the cages of both sides and a little more."""
        return np.maximum(self._cage(RIGHT, 0.035), self._cage(LEFT, 0.035))

    def diaphragm(self) -> Field:
        """Return the height ``y`` of the domes above each point; the right one stands higher."""
        left_share = _step(self.x / 0.12)
        top = 0.745 * self.build.inspiration + 0.025 * left_share
        outwards = np.abs(self.x) - 0.34
        lateral, medial = np.maximum(outwards, 0), np.maximum(-outwards, 0)
        return top + 0.75 * lateral**2.1 + 0.35 * medial**2.1

    def heart(self) -> Field:
        """Return the heart's relative thickness, two thirds of it on the patient's left."""
        size = self.build.heart
        centre_y = 0.675 * self.build.inspiration
        along = (self.x - 0.13) * 0.9 + (self.y - centre_y) * 0.75
        across = -(self.x - 0.13) * 0.55 + (self.y - centre_y) * 1.25
        left = np.clip(1 - (along / (0.30 * size)) ** 2 - (across / (0.20 * size)) ** 2, 0, 1)
        right = np.clip(
            1 - ((self.x + 0.06) / (0.15 * size)) ** 2 - ((self.y - centre_y) / 0.15) ** 2, 0, 1
        )
        shape: Field = np.maximum(left, right) ** 0.75
        return shape

    def mediastinum(self) -> Field:
        """Return spine, great vessels and aortic knob, without the heart."""
        knob = np.exp(-(((self.x - 0.13) / 0.055) ** 2 + ((self.y - 0.31) / 0.035) ** 2))
        column = np.exp(-((np.abs(self.x) / (0.12 + 0.06 * self.y)) ** 4))
        column *= 0.45 + 0.55 * _step((self.y - 0.2) / 0.06)
        shape: Field = np.maximum(column, 0.9 * knob)
        return shape

    def trachea(self) -> Field:
        """Return the air of the trachea down to its fork."""
        width = np.exp(-(((self.x + 0.012) / 0.035) ** 4))
        shape: Field = width * _step((0.36 - self.y) / 0.02)
        return shape

    def vertebrae(self) -> Field:
        """Return the vertebral bodies, brighter than the discs between them."""
        discs = 0.6 + 0.4 * np.tanh(3 * np.sin(2 * np.pi * self.y / 0.062))
        column: Field = np.exp(-((self.x / 0.085) ** 6)) * discs
        return column

    def ribs(self) -> Field:
        """Return posterior ribs, falling gently outwards, and fainter anterior ones."""
        bones = np.zeros_like(self.x)
        for side in (RIGHT, LEFT):
            s = self._s(side)
            outwards = _step((s - 0.09) / 0.02)
            for number in range(RIBS):
                start = 0.125 + 0.068 * number
                arch = (
                    start
                    - 0.05 * np.sin(np.pi * np.clip(s, 0, 0.8) / 0.9)
                    + 0.30 * np.abs(s) ** 2.6
                )
                bones = np.maximum(bones, outwards * _band(self.y - arch, 0.0135))
                front = start + 0.27 - 0.30 * s + 0.16 * s**2
                visible = 0.55 * _step((s - 0.24) / 0.03)
                bones = np.maximum(bones, visible * _band(self.y - front, 0.015))
        return bones * self.thorax()

    def clavicles(self) -> Field:
        """Return both collar bones, from the sternum up and outwards."""
        bones = np.zeros_like(self.x)
        for side in (RIGHT, LEFT):
            s = self._s(side)
            course = 0.185 - 0.055 * np.sin(np.clip((s - 0.05) / 0.75, 0, 1) * np.pi * 0.8)
            length = _step((s - 0.07) / 0.012) * _step((0.80 - s) / 0.02)
            bones = np.maximum(bones, length * _band(self.y - course, 0.014))
        return bones

    def scapulae(self) -> Field:
        """Return the shoulder blades, turned mostly clear of the lungs."""
        blades = np.zeros_like(self.x)
        for side in (RIGHT, LEFT):
            s = self._s(side)
            inner = 0.60 + 0.10 * np.sin((self.y - 0.15) * 5)
            span = _step((s - inner) / 0.01) * _step((0.86 - s) / 0.02)
            blades += span * _step((self.y - 0.17) / 0.02) * _step((0.50 - self.y) / 0.05)
        return blades

    def abdomen(self) -> Field:
        """Return what lies below the domes."""
        return _step((self.y - self.diaphragm()) / EDGE)

    def stomach_bubble(self) -> Field:
        """Return the gas under the left dome."""
        drop = self.y - 0.77 * self.build.inspiration - 0.055
        shape: Field = np.exp(-((((self.x - 0.36) / 0.12) ** 2 + (drop / 0.028) ** 2) ** 2))
        return shape

    def breasts(self) -> Field:
        """Return the soft shadows of the breasts, ended by a fold."""
        shadow = np.zeros_like(self.x)
        for side in (RIGHT, LEFT):
            s = self._s(side)
            radius = ((s - 0.46) / 0.30) ** 2 + ((self.y - 0.60) / 0.19) ** 2
            shadow += np.clip(1 - radius, 0, 1) ** 0.5
        return self.build.breasts * shadow

    def vessels(self, rng: np.random.Generator) -> Field:
        """Return branches that leave both hila and fade towards the pleura."""
        tree = np.zeros_like(self.x)
        for side in (RIGHT, LEFT):
            across = self._s(side) - 0.15
            down = (self.y - 0.47) * 1.6
            radius = np.hypot(across, down) + 1e-6
            angle = np.arctan2(down, across)
            narrowing = radius / (0.010 * np.exp(-radius / 0.35) + 0.0015)
            for branch in np.linspace(-1.4, 1.5, 19).tolist():
                start, bend = branch + 0.12 * rng.standard_normal(), 1.1 * rng.standard_normal()
                wave = 0.07 * np.sin(22 * radius + rng.uniform(0, 6.28))
                away = (angle - start - bend * (radius - 0.1) - wave) * narrowing
                strength, reach = rng.uniform(0.35, 0.8), rng.uniform(0.14, 0.3)
                tree += strength * np.exp(-radius / reach - away**2)
            tree += 0.8 * np.exp(-((radius / 0.085) ** 2))
        return np.clip(tree, 0, 1.2)

    def _s(self, side: int) -> Field:
        return side * self.x

    def _cage(self, side: int, margin: float) -> Field:
        """Return the inside of one half of the rib cage, widened by ``margin``."""
        width = (0.30 + 0.10 * self.y) * self.build.chest_width + margin
        centre = 0.335 + 0.075 * self.y
        radius = (
            np.abs((self._s(side) - centre) / width) ** 2.4
            + np.abs((self.y - 0.58) / (0.47 + margin)) ** 2.4
        )
        return _step((1 - radius) * width / (2.4 * EDGE))

    def _hilar_border(self, side: int) -> Field:
        bulge = 0.025 * np.exp(-(((self.y - 0.47) / 0.08) ** 2))
        narrow = 0.115 if side == RIGHT else 0.125
        knob = 0.05 * np.exp(-(((self.y - 0.31) / 0.04) ** 2)) if side == LEFT else 0.0
        shape: Field = narrow + bulge + knob
        return shape


def _step(value: Field) -> Field:
    """Return a smooth step from 0 to 1 around 0."""
    return 0.5 * (1 + np.tanh(value))


def _band(distance: Field, half_width: float) -> Field:
    """Return a bone seen from the side: its two edges brighter than its middle."""
    square = (distance / half_width) ** 2
    shape: Field = np.exp(-square * square * square) * (0.65 + 0.35 * np.minimum(square, 1))
    return shape
