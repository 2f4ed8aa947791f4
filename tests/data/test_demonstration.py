"""The demonstration's films: those that the page has are those that are drawn."""

from __future__ import annotations

import io

import numpy as np
from pydicom import dcmread

from radiograde.data.demonstration import MARK, demonstration
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import read
from radiograde.service.http.routes.page_routes import WEB

FOLDER = WEB / "demonstration"


def test_the_page_has_the_films_that_are_drawn() -> None:
    drawn = dict(demonstration())
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(drawn)
    for name, ds in drawn.items():
        kept = dcmread(FOLDER / name)
        pictures = []
        for one in (ds, kept):
            buffer = io.BytesIO()
            one.save_as(buffer, enforce_file_format=True)
            pictures.append(read(buffer.getvalue(), limits=Limits()).pixels)
            del one.PixelData
        assert kept == ds
        # Another version of an encoder, or of a typeface, may differ a little.
        assert np.abs(pictures[0] - pictures[1]).mean() < 0.01


def test_each_film_says_what_it_is_and_names_nobody_who_exists() -> None:
    for path in sorted(FOLDER.iterdir()):
        ds = dcmread(path)
        assert (str(ds.PatientName), ds.ImageComments) == ("Demonstration^Drawn", MARK)
        assert ds.PatientID.startswith("DEMO-")
        foot = read(path.read_bytes(), limits=Limits()).pixels[-30:]
        assert (foot > 0.95).mean() > 0.01
