"""What the routes answer, described for OpenAPI: results, jobs, sign-ins, health and problems."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from radiograde.model.scoring import result
from radiograde.model.scoring.scales import ZoneName
from radiograde.service.auth.principal import Permission, Role
from radiograde.service.auth.project_role import ProjectPermission
from radiograde.service.config.settings import Identifiers
from radiograde.service.config.sign_in_elsewhere import ProjectRole
from radiograde.service.config.site import FilmSource, Language
from radiograde.service.database.tables import (
    DeliveryState,
    FilmState,
    ProblemState,
    Verdict,
    WithdrawalCode,
)
from radiograde.service.result_schema import (
    Failure,
    Gate,
    Image,
    Model,
    Schema,
    Scores,
    Severity,
    Sha256,
    Ulid,
)


class Statement(Schema):
    """What a film shows, in sentences made from the numbers of its result."""

    language: Language = Field(description="BCP 47")
    label: str = Field(description="Says that the sentences were generated; show it with them")
    text: str


class Statements(Schema):
    """The same in every language; none of a film that was not graded."""

    statements: list[Statement]


class Review(Schema):
    """What a reader said of a result, beside the model's scores."""

    id: Ulid
    reviewer: str
    created: str = Field(description="In UTC")
    verdict: Verdict
    zones: dict[ZoneName, int] | None = Field(description="Of a correction, each 0-3")
    brixia: int | None = Field(description="Their sum")
    comment: str | None


class Reading(Schema):
    """What a reader graded before the scores were shown."""

    reader: str
    created: str = Field(description="In UTC")
    zones: dict[ZoneName, int] | None = Field(description="Each 0-3; null: not fit to grade")
    brixia: int | None = Field(description="Their sum")
    comment: str | None


class Readings(Schema):
    """The reading of each reader, the first to be committed first."""

    readings: list[Reading]


class Withdrawal(Schema):
    """By whom and why a result was withdrawn."""

    created: str = Field(description="In UTC")
    by: str
    code: WithdrawalCode = Field(description="Title of the DICOM rejection note")
    reason: str


class Reviews(Schema):
    """The newest review of each reader, newest first."""

    reviews: list[Review]


class Result(Schema):
    """The answer for one file, schema ``radiograde.result/1``."""

    schema_: Literal["radiograde.result/1"] = Field(alias="schema")
    id: Ulid
    status: result.Status
    image: Image | None = None
    model: Model
    gate: Gate | None = None
    scores: Scores | None = None
    severity: Severity | None = None
    error: Failure | None = None
    timing_ms: dict[str, float]
    notice: str
    reviews: list[Review] | None = Field(
        None, description="The newest of each reader, newest first; absent where there are none"
    )
    withdrawn: Withdrawal | None = Field(
        None, description="By whom and why it was withdrawn; absent where it holds"
    )


class Trace(Schema):
    """How a result came about, schema ``radiograde.trace/1``."""

    schema_: Literal["radiograde.trace/1"] = Field(alias="schema")
    model: Model
    radiograde: str = Field(description="Version of the program")
    code: Sha256 = Field(description="Of the code that reads and scores")
    libraries: dict[str, str] = Field(description="Versions of what decodes and computes")
    python: str
    system: str
    processor: str
    provider: str = Field(examples=["CPUExecutionProvider"])
    threads: int
    settings: dict[str, int] = Field(description="Those that touch a score")
    film: Sha256 = Field(description="Of the file")
    stages: dict[str, dict[str, Any] | None] | None = Field(
        description="What each stage gave, in their order; null of a film that did not come there"
    )


class Priors(Schema):
    """What became of fetching a patient's earlier films from the PACS."""

    state: Literal["off", "waiting", "done", "failed"] = Field(
        description="`off`: they were not asked for: the site file names no PACS, or the film "
        "nobody"
    )
    films: int = Field(description="How many came")
    error: str | None = Field(
        description="`nothing_found` and `other_patient` of what is done, too",
        examples=["nothing_found"],
    )
    message: str | None = Field(description="The same in words")


class ReportedProblem(Schema):
    """An entry of the register of problems."""

    id: Ulid
    result_id: Ulid
    reporter: str
    created: str = Field(description="In UTC")
    description: str
    seal: Sha256 = Field(description="Of the manifest of its file")
    due: str | None = Field(description="A day", examples=["2026-12-24"])
    state: ProblemState
    answer: str | None
    changed: str


class ReportedProblems(Schema):
    """The register, newest first."""

    problems: list[ReportedProblem]


class ResultPage(Schema):
    """Kept results, newest first."""

    results: list[Result]
    next: Ulid | None = Field(description="Pass as `before` for the page after; null at the end")


class Delivery(Schema):
    """Where a result's way to one destination stands."""

    destination: str = Field(description="Its name in the site file")
    state: DeliveryState
    attempts: int = Field(description="Attempts that ended")
    updated: str
    error: str | None = Field(examples=["unreachable"])
    message: str | None


class Job(Schema):
    """A film that came in, and what becomes of its result, which has the same id."""

    id: Ulid
    received: str
    source: FilmSource = Field(description="The first that it came by")
    door: FilmSource = Field(description="The former name of `source`")
    sender: str | None = Field(
        description="AE title, name of a key or user, address, or watched folder"
    )
    shares_uid_with: Ulid | None = Field(
        description="The film that came before under the same SOP Instance UID, with other content"
    )
    study: str | None = Field(
        description="The same for films of the same study", examples=["8F3K2Q"]
    )
    study_instance_uid: str | None = Field(
        description="Only as far as RADIOGRADE_IDENTIFIERS allows, like the accession number"
    )
    accession: str | None
    bytes: int
    state: FilmState
    reason: str | None = Field(description="Code why it was set aside or failed")
    attempts: int
    deliveries: list[Delivery]
    destinations: list[str] | None = Field(
        None, description="Names of all where its result can be delivered; not in lists"
    )


class DeliverRequest(Schema):
    """Which destinations a result is to be delivered to."""

    destinations: list[str] | None = Field(None, description="By name; null or absent: all")


class JobPage(Schema):
    """Jobs, newest first."""

    counts: dict[str, int] = Field(description="Films in each state")
    jobs: list[Job]
    next: Ulid | None = Field(description="Pass as `before` for the page after; null at the end")


class Retried(Schema):
    """How many pieces of work were set going again."""

    retried: int


class SignIn(BaseModel):
    """Who wants in; what else is sent is not looked at."""

    name: Annotated[str, Field(max_length=200)]
    password: Annotated[str, Field(max_length=1024)]


class OwnProject(Schema):
    """A project that is open to the caller."""

    id: Ulid
    name: str
    role: ProjectRole
    permissions: list[ProjectPermission]


class User(Schema):
    """A person who signed in, or a machine with a key."""

    name: str
    role: Role
    permissions: list[Permission] = Field(
        description="In the clinical pool, or of films in a project"
    )
    pool: bool = Field(description="Whether the clinical pool is open to the caller")
    names: bool = Field(description="Whether films are shown with whose they are, documents too")
    projects: list[OwnProject]


class ProviderSignOn(Schema):
    """A provider where people sign in, at `/v1/session/sign-on`; `/end` there signs out of it."""

    label: str


class Session(Schema):
    """Who the caller is, and what the page may show."""

    sign_in: bool = Field(description="Whether one has to sign in, or bring a key")
    user: User | None = Field(description="Null: nobody is signed in")
    csrf: str | None = Field(
        description="Under a session, to be sent with each change as the header `X-CSRF-Token`"
    )
    identifiers: Identifiers = Field(description="How much of a patient's identity the page shows")
    reads_first: bool = Field(
        description="Whether the caller grades films before their scores show"
    )
    sign_on: ProviderSignOn | None = Field(
        None, description="Where else one may sign in, or has signed in"
    )


class ModelCard(Schema):
    """The facts of the model in use, and where it runs."""

    name: str
    version: str
    sha256: Sha256
    provider: str = Field(examples=["CPUExecutionProvider"])
    available_providers: list[str]
    metadata: dict[str, Any] = Field(description="As written in the ONNX file")
    notice: str


class Health(Schema):
    """The service answers."""

    status: Literal["ok", "ready"]
    faults: list[str] | None = Field(
        None,
        description="Codes of what somebody has to see to: worker_missing, queue_old, "
        "work_stranded, deliveries_parked, notifications_parked, model_gone, model_stopped, "
        "disk_low, inodes_low, http_certificate_expires and those of node and hl7; "
        "`radiograde check` says more",
    )


class Problem(BaseModel):
    """Problem details, RFC 9457; a film that was kept without scores is named in it."""

    type: str = Field(examples=["urn:radiograde:problem:too_large"])
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; programs may rely on it", examples=["too_large"])
    result_id: Ulid | None = None
    gate: Gate | None = None
