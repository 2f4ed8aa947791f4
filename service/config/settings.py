"""What an installation may choose: environment variables that begin with ``RADIOGRADE_``."""

from __future__ import annotations

import os
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Device = Literal["auto", "cpu", "cuda"]
LogLevel = Literal["debug", "info", "warning", "error"]


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


SITE_FILE = "radiograde.toml"

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""Always answered: a health check on the machine itself uses them."""


class Settings(BaseSettings):
    """One installation's choices; the defaults serve this computer alone."""

    model_config = SettingsConfigDict(
        env_prefix="RADIOGRADE_", frozen=True, extra="ignore", protected_namespaces=()
    )

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    allow_insecure: bool = Field(
        False, description="Listen beyond this computer without sign-in or without TLS"
    )
    tls_certificate: Path | None = Field(None, description="PEM file: HTTPS instead of HTTP")
    tls_key: Path | None = Field(None, description="PEM file of its key, without a password")
    behind_proxy: bool = Field(
        False, description="TLS ends at a proxy in front; its X-Forwarded headers are believed"
    )
    session_minutes: int = Field(
        60, ge=5, le=720, description="Minutes without anybody at the page until a sign-in ends"
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
    max_upload_mb: PositiveInt = Field(64, description="Largest request body, in MiB")
    upload_timeout_s: PositiveFloat = Field(60.0, description="Time to receive a request body")
    site: Path | None = Field(
        None, description="TOML file with node, folders and destinations; default in data_dir"
    )
    keep_days: PositiveInt | None = Field(
        30, description="Days that films stay once nothing is left to do with them; none: for ever"
    )
    identifiers: Literal["none", "id", "full"] = Field(
        "none", description="How much of a patient's identity the page shows"
    )
    worker: bool = Field(True, description="Whether serve and listen start a worker of their own")
    log_level: LogLevel = "info"

    @field_validator("keep_days", mode="before")
    @classmethod
    def _none_in_words(cls, value: object) -> object:
        return None if value == "none" else value

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_by_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name.strip().lower() for name in value.split(",") if name.strip())

    @property
    def store_url(self) -> str:
        """SQLAlchemy URL of the results store; it may hold a password: never log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'radiograde.sqlite'}"

    @property
    def site_file(self) -> Path:
        """The TOML file that ``radiograde.service.config.site`` reads."""
        return self.site or self.data_dir / SITE_FILE

    def environment(self) -> dict[str, str]:
        """Return the environment variables that give another process these settings."""
        chosen = self.model_dump(include=self.model_fields_set)
        return {
            f"RADIOGRADE_{name.upper()}": _in_words(value)
            for name, value in chosen.items()
            if value is not None
        }

    @property
    def max_upload_bytes(self) -> int:
        """Largest request body in bytes."""
        return self.max_upload_mb * 1024 * 1024

    @property
    def is_loopback(self) -> bool:
        """True when only this computer can reach the service."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_encrypted(self) -> bool:
        """True when callers reach the service by TLS: its own, or that of a proxy in front."""
        return self.behind_proxy or self.tls_certificate is not None

    @property
    def host_names(self) -> frozenset[str] | None:
        """Names a caller may use in the Host header; None when any may.

        Beyond loopback the service's own names are not known: they are checked where given.
        """
        if self.is_loopback or self.allowed_hosts:
            return frozenset({*LOOPBACK_NAMES, self.host, *self.allowed_hosts})
        return None


def _in_words(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)
