"""What the routes answer, described for OpenAPI: ``radiograde.result/1`` and what surrounds it.

Answers are made by ``SeverityResult.to_json`` alone, so that HTTP and command line agree to
the digit; these models describe and never make them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from radiograde.model.scoring.scales import ZoneName

Pair = Annotated[list[float], Field(min_length=2, max_length=2)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Ulid = Annotated[str, Field(pattern="^[0-9A-HJKMNP-TV-Z]{26}$")]
Percent = Annotated[float, Field(ge=0, le=100)]


class Schema(BaseModel):
    """A document that holds what is described here and nothing else."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class Image(Schema):
    """What is known of the film."""

    source: Literal["dicom", "png", "jpeg"]
    sop_instance_uid: str | None = None
    study_instance_uid: str | None = None
    view: str = Field(examples=["PA"])
    rows: int
    columns: int
    pixel_spacing_mm: Pair | None = Field(description="Row and column spacing")
    sha256: Sha256 = Field(description="Of the file as it was sent")


class Model(Schema):
    """Which model graded."""

    name: str
    version: str
    sha256: Sha256 = Field(description="Of the ONNX file")


class Reason(Schema):
    """One finding of the gate."""

    code: str = Field(examples=["lateral_view"])
    level: Literal["info", "warn", "reject"]
    message: str


class Gate(Schema):
    """Whether the film can be graded, and what was noticed about it."""

    in_scope: bool
    reasons: list[Reason]


class Scale(Schema):
    """A value on a scale, with its prediction interval."""

    value: float
    range: Pair
    interval: Pair
    level: float = Field(description="Share of films whose true value lies in the interval")


class Brixia(Scale):
    """The Brixia score: the sum of six zones, each 0-3."""

    zones: dict[ZoneName, Scale] = Field(
        description="A, B, C: the patient's right lung from top to bottom; D, E, F: the left"
    )


class Involvement(Schema):
    """Percent of each lung's area that the opacity map marks; null: lung not seen."""

    right: Percent | None
    left: Percent | None
    total: Percent


class Scores(Schema):
    """Every scale of one film."""

    brixia: Brixia
    geographic_extent: Scale
    opacity: Scale
    lung_involvement_percent: Involvement


class Failure(Schema):
    """Why a file could not be read."""

    code: str = Field(examples=["truncated"])
    message: str


class Review(Schema):
    """What a reader said of a result, beside the model's scores."""

    id: Ulid
    reviewer: str
    created: str = Field(description="In UTC")
    verdict: Literal["accepted", "corrected", "not_gradable"]
    zones: dict[ZoneName, int] | None = Field(description="Of a correction, each 0-3")
    brixia: int | None = Field(description="Their sum")
    comment: str | None


class Reviews(Schema):
    """The newest review of each reader, newest first."""

    reviews: list[Review]


class Result(Schema):
    """The answer for one file, schema ``radiograde.result/1``."""

    schema_: Literal["radiograde.result/1"] = Field(alias="schema")
    id: Ulid
    status: Literal["scored", "rejected", "failed"]
    image: Image | None = None
    model: Model
    gate: Gate | None = None
    scores: Scores | None = None
    severity: Literal["none", "mild", "moderate", "severe"] | None = None
    error: Failure | None = None
    timing_ms: dict[str, float]
    notice: str
    reviews: list[Review] | None = Field(
        None, description="The newest of each reader, newest first; absent where there are none"
    )


class ResultPage(Schema):
    """Kept results, newest first."""

    results: list[Result]
    next: Ulid | None = Field(description="Pass as `before` for the page after; null at the end")


class Delivery(Schema):
    """Where a result's way to one destination stands."""

    destination: str = Field(description="Its name in the site file")
    state: Literal["waiting", "delivered", "parked"]
    attempts: int = Field(description="Attempts that ended")
    updated: str
    error: str | None = Field(examples=["unreachable"])
    message: str | None


class Job(Schema):
    """A film's way through the house; its result has the same id."""

    id: Ulid
    received: str
    door: Literal["dicom", "dicomweb", "folder", "http"]
    bytes: int
    state: Literal["waiting", "graded", "set_aside", "failed"]
    reason: str | None = Field(description="Code why it was set aside or failed")
    attempts: int
    deliveries: list[Delivery]


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


class User(Schema):
    """A person who signed in, or a machine with a key."""

    name: str
    role: Literal["sender", "reader", "engineer", "administrator"]
    permissions: list[Literal["send", "read", "review", "operate", "administer"]]


class Session(Schema):
    """Who the caller is, and what the page may show."""

    sign_in: bool = Field(description="Whether one has to sign in, or bring a key")
    user: User | None = Field(description="Null: nobody is signed in")
    csrf: str | None = Field(
        description="Under a session, to be sent with each change as the header `X-CSRF-Token`"
    )
    identifiers: Literal["none", "id", "full"] = Field(
        description="How much of a patient's identity the page shows"
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


class Problem(BaseModel):
    """Problem details, RFC 9457; a film that was kept without scores is named in it."""

    type: str = Field(examples=["urn:radiograde:problem:too_large"])
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; programs may rely on it", examples=["too_large"])
    result_id: Ulid | None = None
    gate: Gate | None = None
