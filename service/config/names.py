"""Names of settings: which there are, and which one a misspelt name meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import BaseModel

from radiograde.service.config.archives import PriorsConfig, ReconcileConfig
from radiograde.service.config.nearest_name import did_you_mean
from radiograde.service.config.notify import MailConfig, WebhookConfig
from radiograde.service.config.rules import Conditions, RuleConfig
from radiograde.service.config.settings import Settings
from radiograde.service.config.sign_in_elsewhere import GroupConfig, OidcConfig, ProxySignInConfig
from radiograde.service.config.site import (
    ClientTls,
    DeliveryConfig,
    DicomDestinationConfig,
    DicomWebDestinationConfig,
    FhirDestinationConfig,
    FolderDestinationConfig,
    Hl7Config,
    Hl7DestinationConfig,
    NodeConfig,
    Peer,
    ReadingConfig,
    ServerTls,
    WatchConfig,
)

PREFIX = "RADIOGRADE_"

SECRET_PREFIX = "RADIOGRADE_SECRET_"  # noqa: S105  the beginning of a name
"""Variables for secrets that the page may name; others are named in the site file, by hand."""

_OF_KEYS: dict[str, type[BaseModel]] = {
    "node": NodeConfig,
    "delivery": DeliveryConfig,
    "priors": PriorsConfig,
    "reconcile": ReconcileConfig,
    "reading": ReadingConfig,
    "hl7": Hl7Config,
    "oidc": OidcConfig,
    "proxy_sign_in": ProxySignInConfig,
}
"""Tables of which an environment variable may set a single key."""

_SERVICE_LINK = re.compile(
    r"RADIOGRADE(_[A-Z0-9_]+)?_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)"
)
"""What Kubernetes and Docker links set for a service that is called radiograde, or its like."""


def variables() -> Iterator[str]:
    """Yield the environment variables that there are."""
    for name in Settings.model_fields:
        yield f"{PREFIX}{name.upper()}"
    for table, config in _OF_KEYS.items():
        for name in config.model_fields:
            yield f"{PREFIX}{table.upper()}__{name.upper()}"


def unknown_variables(environment: Mapping[str, str], secrets: Iterable[str]) -> list[str]:
    """Return what is wrong with each variable of the environment that is no setting, in words.

    ``secrets``: variables that the site file names. Parts of a variable's table are not looked at.
    """
    known = set(variables())
    named = {name.upper() for name in secrets}
    return [
        f"{name} is no setting{did_you_mean(name.upper(), known, PREFIX) or '.'}"
        for name, value in sorted(environment.items())
        if name.upper().startswith(PREFIX)
        and not name.upper().startswith(SECRET_PREFIX)
        and name.upper() not in known | named
        and not any(name.upper().startswith(f"{one}__") for one in known)
        and not (_SERVICE_LINK.fullmatch(name.upper()) or value.startswith(("tcp://", "udp://")))
    ]


def is_plain_key(variable: str) -> bool:
    """Return whether a variable sets a key that is no list or table."""
    table, _, name = variable.removeprefix(PREFIX).lower().partition("__")
    field = _OF_KEYS[table].model_fields.get(name) if table in _OF_KEYS else None
    return field is not None and isinstance(field.default, str | int | float)


def keys_at(where: Sequence[int | str]) -> set[str]:
    """Return the keys that a table of the site file may have, by where pydantic says it is."""
    tables: dict[str, type[BaseModel]] = {
        **_OF_KEYS,
        "watch": WatchConfig,
        "peers": Peer,
        "dicom": DicomDestinationConfig,
        "dicomweb": DicomWebDestinationConfig,
        "fhir": FhirDestinationConfig,
        "folder": FolderDestinationConfig,
        "hl7": Hl7DestinationConfig,
        "rules": RuleConfig,
        "groups": GroupConfig,
        "unless": Conditions,
        "mail": MailConfig,
        "webhook": WebhookConfig,
    }
    names = [part for part in where if isinstance(part, str)]
    if not names:
        return set(Settings.model_fields)
    if names[-1] == "tls":
        return set((ServerTls if names[0] in ("node", "hl7") else ClientTls).model_fields)
    if names == ["hl7"]:
        return set(Hl7Config.model_fields)
    table = tables.get(names[-1])
    return set() if table is None else set(table.model_fields)
