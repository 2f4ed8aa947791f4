"""``/v1/reports``: signed reports as FHIR DiagnosticReport, set beside the results."""

from __future__ import annotations

import base64

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from radiograde.model.reading.uids import is_dotted_uid
from radiograde.service.concordance.signed_reports import ReportIntake, SignedReport
from radiograde.service.errors import BadRequestError
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.http.problems import UNREADABLE_BODY, problems
from radiograde.service.http.runtime import Service

router = APIRouter(prefix="/v1/reports", tags=["reviews"])
log = structlog.get_logger("radiograde.reports")

_SIGNED = frozenset({"final", "amended", "corrected", "appended"})
_URN = "urn:oid:"


class ReportPart(BaseModel):
    """A part of the resource, of which the rest is passed over."""

    model_config = ConfigDict(extra="ignore")


class ReportCoding(ReportPart):
    """A code."""

    code: str = ""


class ReportConcept(ReportPart):
    """What is said in codes."""

    coding: list[ReportCoding] = []


class ReportIdentifier(ReportPart):
    """An Identifier."""

    value: str = ""
    type: ReportConcept = ReportConcept()

    @property
    def is_accession(self) -> bool:
        """Whether it is one, HL7 table 0203."""
        return any(one.code == "ACSN" for one in self.type.coding)


class ReportReference(ReportPart):
    """A logical reference."""

    identifier: ReportIdentifier = ReportIdentifier()


class ReportAttachment(ReportPart):
    """The report as it was written."""

    contentType: str = ""  # noqa: N815 - FHIR's name
    data: str = ""


class DiagnosticReport(ReportPart):
    """A signed report, FHIR R4 or R5; members that are not named here are passed over."""

    resourceType: str = Field(description="DiagnosticReport")  # noqa: N815
    status: str
    identifier: list[ReportIdentifier] = []
    subject: ReportReference = ReportReference()
    basedOn: list[ReportReference] = []  # noqa: N815
    imagingStudy: list[ReportReference] = []  # noqa: N815
    study: list[ReportReference] = []
    conclusion: str = ""
    presentedForm: list[ReportAttachment] = []  # noqa: N815

    def signed_report(self) -> SignedReport:
        """Return what it says, and by what its study is found.

        Raises:
            BadRequestError: a text is not encoded in base64.
        """
        named = [*self.identifier, *(one.identifier for one in self.basedOn)]
        accessions = [one.value for one in named if one.is_accession]
        studies = [one.identifier.value for one in (*self.imagingStudy, *self.study)]
        uids = [uid for one in studies if is_dotted_uid(uid := one.removeprefix(_URN))]
        texts = [self.conclusion, *map(_decoded, self.presentedForm)]
        return SignedReport(
            "\n".join(filter(None, texts)),
            next(iter(uids), ""),
            self.subject.identifier.value,
            accession=next(iter(accessions), ""),
        )


def _decoded(form: ReportAttachment) -> str:
    if not form.contentType.startswith("text/plain"):
        return ""
    try:
        return base64.b64decode(form.data, validate=True).decode("utf-8", "replace")
    except ValueError as error:
        raise BadRequestError("presentedForm.data is not encoded in base64.") from error


@router.post(
    "",
    operation_id="takeReport",
    summary="Take a signed report (FHIR DiagnosticReport)",
    status_code=202,
    responses={
        202: {"description": "Whether it was set beside a study that is known here"},
        **UNREADABLE_BODY,
        **problems(
            s422="It is no DiagnosticReport",
            s503="The store is away",
        ),
    },
    response_class=Response,
)
def take_report(service: Service, body: DiagnosticReport) -> Response:
    """Read what a report says of opacities; its words are not kept."""
    records, settings = service.records, service.settings
    is_signed = body.resourceType == "DiagnosticReport" and body.status in _SIGNED
    intake = ReportIntake(
        records.database, records.archive, Pseudonyms(settings.data_dir), settings.limits
    )
    report = body.signed_report()
    known = is_signed and bool(report.text) and intake.accept(report)
    log.info("report_received", known=known)
    return JSONResponse({"known": known}, 202)
