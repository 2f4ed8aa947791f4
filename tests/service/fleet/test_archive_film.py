"""Films on their way to workers, and chunks that keep their names."""

from __future__ import annotations

import os

from radiograde.service.fleet.archive_film import ArchiveFilm, Chunk, chunks_of

FILMS = [ArchiveFilm(f"/films/{number}.dcm", (f"{number}.dcm", number, 7)) for number in range(5)]


def test_a_chunk_arrives_as_it_was_sent() -> None:
    odd = ArchiveFilm(os.fsdecode(b"/films/Gr\xfcn.dcm"), ("Gr\\xfcn.dcm", 1, 2**61))
    sent = Chunk(3, [*FILMS, odd])
    arrived = Chunk.from_arrow(sent.to_arrow())
    assert (arrived.number, list(arrived.films)) == (3, sent.films)


def test_the_same_films_have_the_same_name_and_others_another() -> None:
    names = [Chunk(number, FILMS[:number]).name for number in range(1, 6)]
    assert len(set(names)) == 5
    assert Chunk(9, FILMS[:2]).name == names[1]
    changed = ArchiveFilm(FILMS[0].place, (*FILMS[0].mark[:2], 8))
    assert Chunk(0, [changed]).name != names[0]


def test_every_film_is_in_one_chunk() -> None:
    chunks = list(chunks_of(FILMS, 2))
    assert [len(chunk.films) for chunk in chunks] == [2, 2, 1]
    assert [film for chunk in chunks for film in chunk.films] == FILMS
    assert [chunk.number for chunk in chunks] == [0, 1, 2]
