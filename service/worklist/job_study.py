"""Which study a job's film is of, as far as the setting lets it be shown."""

from __future__ import annotations

import base64
import hashlib

from radiograde.service.grading.film_jobs import Job
from radiograde.service.worklist.patient_labels import PatientLabels

_LABEL_LENGTH = 6


def study_of(job: Job, labels: PatientLabels) -> dict[str, str | None]:
    """Return ``study``, a label that films of the study share, with its UID and accession number.

    These two are None where no identifiers are shown, or the film does not say.
    """
    uid = job.study_instance_uid
    digest = None if uid is None else hashlib.sha256(uid.encode()).digest()
    label = None if digest is None else base64.b32encode(digest).decode("ascii")[:_LABEL_LENGTH]
    accession = labels.of(job.id).study.get("accession")
    return {
        "study": label,
        "study_instance_uid": uid if labels.are_shown else None,
        "accession": accession,
    }
