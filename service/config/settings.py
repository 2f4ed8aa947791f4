"""What an installation may choose: environment variables ``RADIOGRADE_...`` and the site file.

Both fill one model, read once when a process starts. What is given by an option of the command
goes before the environment, the environment before the file, the file before the defaults.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    Field,
    IPvAnyNetwork,
    PositiveFloat,
    PositiveInt,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from radiograde.model.limits import Limits
from radiograde.service.config.archives import (
    PriorsConfig,
    ReconcileConfig,
    UpsConfig,
    archives_named,
)
from radiograde.service.config.audit_config import AuditConfig, RetentionConfig
from radiograde.service.config.constancy_config import ConstancyConfig, check_test_destination
from radiograde.service.config.films_config import FilmsConfig
from radiograde.service.config.loopback import LOOPBACK_NAMES, is_loopback
from radiograde.service.config.monitor_rules import MonitorConfig
from radiograde.service.config.notify import ChannelConfig
from radiograde.service.config.observe_config import ObserveConfig
from radiograde.service.config.rules import RuleConfig, check_rules
from radiograde.service.config.sign_in_elsewhere import GroupConfig, OidcConfig, ProxySignInConfig
from radiograde.service.config.site import (
    DeliveryConfig,
    DestinationConfig,
    Hl7Config,
    NodeConfig,
    ReadingConfig,
    WatchConfig,
)
from radiograde.service.errors import SiteError

Device = Literal["auto", "cpu", "cuda"]
LogLevel = Literal["debug", "info", "warning", "error"]
Identifiers = Literal["none", "id", "full"]

SITE_FILE = "radiograde.toml"
TABLES = frozenset(
    {
        *("node", "watch", "hl7", "films", "reading"),
        *("delivery", "destination", "rules", "notify"),
        *("priors", "reconcile", "monitor", "ups", "constancy"),
        *("oidc", "proxy_sign_in", "groups"),
        *("audit", "retention", "observe"),
    }
)
"""Settings that have tables of the site file."""

LIVE = (
    *("identifiers", "keep_days", "reading", "delivery", "destination", "rules", "notify"),
    *("priors", "reconcile", "monitor"),
)
"""Settings that running processes take from the site file again; others take a restart."""

Named = TypeVar("Named", DestinationConfig, ChannelConfig, UpsConfig)

_MANY = {"destination": "destinations", "notify": "notifications", "ups": "worklists"}

_PLACES = ("site", "data_dir")
"""Say where the site file lies, so that it cannot say them."""


def default_data_dir() -> Path:
    """Return the platform's place for a user's application data; nothing is created.

    Linux: XDG Base Directory Specification 0.8, ``$XDG_DATA_HOME`` or ``~/.local/share``.
    """
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Application Support"
    else:
        root = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return root / "radiograde"


class Settings(BaseSettings):
    """One installation's choices; the defaults serve this computer alone.

    Made by :func:`radiograde.service.config.load.load_settings`, which says in words what is wrong.
    """

    model_config = SettingsConfigDict(
        env_prefix="RADIOGRADE_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        protected_namespaces=(),
        hide_input_in_errors=True,
    )

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    allow_insecure: bool = Field(
        False, description="Listen beyond this computer without sign-in or without TLS"
    )
    tls_certificate: Path | None = Field(None, description="PEM file: HTTPS instead of HTTP")
    tls_key: Path | None = Field(None, description="PEM file of its key, without a password")
    certificate_days: PositiveInt = Field(
        30, description="Days before the end of a certificate from which it is named as a fault"
    )
    behind_proxy: Annotated[bool | tuple[IPvAnyNetwork, ...], NoDecode] = Field(
        False,
        description="TLS ends at a proxy in front, whose X-Forwarded headers are believed; "
        "addresses or networks, by commas: theirs alone",
    )
    session_minutes: int = Field(
        60, ge=5, le=720, description="Minutes without anybody at the page until a sign-in ends"
    )
    administrators_see_films: bool = Field(
        True, description="Whether administrators see the films of the clinical pool"
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Further host names under which the service may be called, by commas"
    )
    data_dir: Path = Field(default_factory=default_data_dir, description="Where results are kept")
    database_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of the results store; default SQLite in data_dir"
    )
    model_path: Path | None = Field(None, description="ONNX file; default the bundled model")
    device: Device = Field("auto", description="auto takes a GPU where there is one")
    workers: PositiveInt = Field(2, description="Films graded at the same time")
    queue: int = Field(16, ge=0, description="Films that may wait beyond those being graded")
    max_upload_mb: PositiveInt | None = Field(
        None, description="Largest film over HTTP, in MiB, if smaller than node.max_object_mb"
    )
    upload_timeout_s: PositiveFloat = Field(60.0, description="Time to receive a request body")
    site: Path | None = Field(
        None, description="TOML file with node, folders and destinations; default in data_dir"
    )
    keep_days: PositiveInt | None = Field(
        30, description="Days that films stay once nothing is left to do with them; none: for ever"
    )
    identifiers: Identifiers = Field(
        "none", description="How much of a patient's identity the page shows"
    )
    worker: bool = Field(True, description="Whether serve and listen start a worker of their own")
    log_level: LogLevel = "info"

    node: NodeConfig = NodeConfig()
    films: FilmsConfig = FilmsConfig()
    watch: tuple[WatchConfig, ...] = ()
    reading: ReadingConfig = ReadingConfig()
    hl7: Hl7Config | None = None
    delivery: DeliveryConfig = DeliveryConfig()
    destination: tuple[DestinationConfig, ...] = ()
    rules: tuple[RuleConfig, ...] = ()
    notify: tuple[ChannelConfig, ...] = ()
    priors: PriorsConfig = PriorsConfig()
    reconcile: ReconcileConfig = ReconcileConfig()
    monitor: MonitorConfig = MonitorConfig()
    audit: AuditConfig = AuditConfig()
    retention: RetentionConfig = RetentionConfig()
    observe: ObserveConfig = ObserveConfig()
    constancy: ConstancyConfig = ConstancyConfig()
    ups: tuple[UpsConfig, ...] = ()
    oidc: OidcConfig | None = None
    proxy_sign_in: ProxySignInConfig | None = None
    groups: tuple[GroupConfig, ...] = ()

    _chosen: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    def __init__(self, **chosen: Any) -> None:
        super().__init__(**chosen)
        self._chosen = chosen

    def __eq__(self, other: object) -> bool:
        """Return whether both say the same, whoever chose it."""
        return isinstance(other, Settings) and self.__dict__ == other.__dict__

    @property
    def chosen(self) -> Mapping[str, Any]:
        """What options chose; it goes before environment and site file."""
        return self._chosen

    def with_live(self, other: Settings) -> Settings:
        """Return these settings with what is ``LIVE`` as others have it."""
        return self.model_copy(update={name: getattr(other, name) for name in LIVE})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, the strongest first. Raises SiteError."""
        path = site_path(env_settings() | init_settings())
        return init_settings, env_settings, read_site(settings_cls, path)

    @field_validator("keep_days", mode="before")
    @classmethod
    def _none_in_words(cls, value: object) -> object:
        return None if value == "none" else value

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_by_commas(cls, value: object) -> object:
        return _split(value.lower()) if isinstance(value, str) else value

    @field_validator("behind_proxy", mode="before")
    @classmethod
    def _split_addresses(cls, value: object) -> object:
        is_address = isinstance(value, str) and any(mark in value for mark in ".:,")
        return _split(str(value)) if is_address else value

    @field_validator("destination", "notify", "ups")
    @classmethod
    def _names_differ(cls, value: tuple[Named, ...], info: ValidationInfo) -> tuple[Named, ...]:
        names = [one.name for one in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two {_MANY[str(info.field_name)]} are called {', '.join(twice)}")
        return value

    @field_validator("rules")
    @classmethod
    def _rules_hold(
        cls, value: tuple[RuleConfig, ...], info: ValidationInfo
    ) -> tuple[RuleConfig, ...]:
        if "destination" in info.data:  # else it does not fit, which is said
            check_rules(value, info.data["destination"])
        return value

    @field_validator("priors", "reconcile")
    @classmethod
    def _names_are_of_archives(
        cls, value: PriorsConfig | ReconcileConfig, info: ValidationInfo
    ) -> PriorsConfig | ReconcileConfig:
        if "destination" in info.data:  # else it does not fit, which is said
            archives_named(value.pacs, info.data["destination"])
        return value

    @field_validator("ups")
    @classmethod
    def _films_come_from_archives(
        cls, value: tuple[UpsConfig, ...], info: ValidationInfo
    ) -> tuple[UpsConfig, ...]:
        if "destination" in info.data:  # else it does not fit, which is said
            archives_named([one.pacs for one in value], info.data["destination"])
        return value

    @field_validator("constancy")
    @classmethod
    def _drawn_films_go_somewhere(
        cls, value: ConstancyConfig, info: ValidationInfo
    ) -> ConstancyConfig:
        if "destination" in info.data:  # else it does not fit, which is said
            check_test_destination(value, info.data["destination"])
        return value

    @property
    def store_url(self) -> str:
        """SQLAlchemy URL of the results store; it may hold a password: never log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'radiograde.sqlite'}"

    @property
    def site_file(self) -> Path:
        """The TOML file that these settings come from, where it exists."""
        return site_path({"site": self.site, "data_dir": self.data_dir})

    @property
    def limits(self) -> Limits:
        """What a film may claim, by ``node.max_object_mb``."""
        return Limits(max_bytes=self.node.max_object_mb * 2**20)

    def environment(self) -> dict[str, str]:
        """Return the environment variables that give another process these settings, all of them.

        The site file is not asked again, but for what these leave at its default.
        """
        chosen = self.model_dump(include=self.model_fields_set - TABLES)
        plain = {name: _in_words(value) for name, value in chosen.items() if value is not None}
        tables = self.model_dump(mode="json", include=self.model_fields_set & TABLES)
        written = {name: json.dumps(value) for name, value in tables.items()}
        return {f"RADIOGRADE_{name.upper()}": text for name, text in (plain | written).items()}

    @property
    def upload_limits(self) -> Limits:
        """What a film over HTTP may claim: no more than by the other sources."""
        if self.max_upload_mb is None:
            return self.limits
        return replace(
            self.limits, max_bytes=min(self.max_upload_mb * 2**20, self.limits.max_bytes)
        )

    @property
    def is_loopback(self) -> bool:
        """True when only this computer can reach the service."""
        return is_loopback(self.host)

    @property
    def is_encrypted(self) -> bool:
        """True when callers reach the service by TLS: its own, or that of a proxy in front."""
        return bool(self.behind_proxy) or self.tls_certificate is not None

    @property
    def host_names(self) -> frozenset[str] | None:
        """Names a caller may use in the Host header; None when any may.

        Beyond loopback the service's own names are not known: they are checked where given.
        """
        if self.is_loopback or self.allowed_hosts:
            return frozenset({*LOOPBACK_NAMES, self.host, *self.allowed_hosts})
        return None


def site_path(given: Mapping[str, Any]) -> Path:
    """Return where the site file lies, by the settings ``site`` and ``data_dir`` as given."""
    site, data_dir = given.get("site"), given.get("data_dir")
    if site is not None:
        return Path(site)
    return Path(default_data_dir() if data_dir is None else data_dir) / SITE_FILE


def read_site(settings: type[BaseSettings], path: Path) -> TomlConfigSettingsSource:
    """Return the site file as a source, empty where there is none.

    Raises:
        SiteError: it cannot be read, is no TOML, or says where it lies itself.
    """
    try:
        if path.is_dir():
            raise SiteError(f"{path} cannot be read: it is a folder.")
        source = _SiteFile(settings, path)
    except OSError as error:
        raise SiteError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SiteError(
            f"{path} is no TOML: it is not encoded in UTF-8. Save it again as UTF-8."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SiteError(f"{path} is no TOML: {error}.") from error
    for name in _PLACES:
        if name in source.toml_data:
            raise SiteError(
                f"{path} cannot be used: {name} says where it lies. "
                f"Set RADIOGRADE_{name.upper()} instead."
            )
    return source


class _SiteFile(TomlConfigSettingsSource):
    """A TOML file; some editors put a mark before its first character."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        return tomllib.loads(file_path.read_bytes().decode("utf-8-sig"))


def _in_words(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
