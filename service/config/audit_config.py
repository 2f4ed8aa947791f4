"""The tables of the site file on the audit trail, and on how long results and it are kept.

docs/reference/site.md describes every key.
"""

from __future__ import annotations

from pydantic import Field

from radiograde.service.config.site import ClientTls, HttpEndpointConfig, Table


class SyslogConfig(Table):
    """A receiver of audit messages over TLS: RFC 5425, PS3.15 A.6."""

    host: str
    port: int = Field(6514, ge=1, le=65535)
    timeout_s: float = Field(30.0, gt=0)
    tls: ClientTls | None = None


class FhirAuditConfig(HttpEndpointConfig):
    """The base URL of a FHIR server that takes AuditEvents."""


class AuditConfig(Table):
    """Where audit messages go, beside the audit trail that is kept here; nowhere by default."""

    syslog: SyslogConfig | None = None
    fhir: FhirAuditConfig | None = None


class RetentionConfig(Table):
    """How long is kept what outlives the films, and what is none."""

    results_days: int | None = Field(
        None, ge=1, description="Days after which a result goes, with all that belongs to its film"
    )
    audit_days: int | None = Field(
        None, ge=1, description="Days after which rows of the audit trail go"
    )
    set_aside_days: int = Field(
        7, ge=1, description="Days that objects stay which were set aside: they are not films"
    )
    set_aside_gb: int = Field(
        20, ge=1, description="GiB that they may have together; what came first goes first"
    )
