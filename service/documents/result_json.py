"""The result itself as a document."""

from __future__ import annotations

import json

from service.documents.case import Case
from service.documents.document import Document


def result_json(case: Case) -> Document:
    """Return the JSON that HTTP and the command line answer (schema ``radiograde.result/1``)."""
    content = json.dumps(case.result.to_json(), indent=2) + "\n"
    return Document("json", "result.json", "application/json", content.encode())
