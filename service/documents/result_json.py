"""The result itself as a document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.reviews.review import Review


def result_json(graded: GradedFilm) -> Document:
    """Return the JSON that HTTP answers (schema ``radiograde.result/1``), with its reviews."""
    content = json.dumps(with_reviews(graded.result.to_json(), graded.reviews), indent=2) + "\n"
    return Document("json", "result.json", "application/json", content.encode())


def with_reviews(document: dict[str, Any], reviews: Sequence[Review]) -> dict[str, Any]:
    """Return a result's document with what readers said of it, where any did, as its last member.

    The scores stay the model's.
    """
    if not reviews:
        return document
    return document | {"reviews": [review.to_json() for review in reviews]}
