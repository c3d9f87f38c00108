"""Settings of all processes, read once from the environment; no other module reads environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from orchestrator.bounds import (
    CALL_ESTIMATE,
    DIALS_PER_NUMBER,
    DIALS_PER_NUMBER_IN_A_WEEK,
    LONGEST_GAP,
    LONGEST_REST,
    REST_AFTER_ABANDONED,
    CallEstimate,
    CallsPerSecond,
    DialsPerCallerId,
    DialsPerNumber,
    LiveCalls,
)
from orchestrator.errors import Misconfigured
from orchestrator.logs import LogFormat, LogLevel
from orchestrator.published_secrets import refuse_published_secrets
from orchestrator.telnyx.public_keys import listed_keys
from orchestrator.web.egress import Egress, read_egress
from orchestrator.web.ssrf_guard import host_and_port

T = TypeVar("T")

NO_CAP = "off"

_REST = re.compile(r"([1-9][0-9]{0,7})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _read_cap(value: Any) -> Any:
    """Return None for `off`, and a plain number for the text of one; 0 is refused, for it could mean either."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == NO_CAP:
        return None
    if not value.strip().isascii() or not value.strip().isdigit() or int(value) == 0:
        raise ValueError(f"write a number of dials from 1, or {NO_CAP}")
    return int(value)


def _read_rest(value: Any) -> Any:
    """Return None for `off`, and the time that a text such as `72h` says."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == NO_CAP:
        return None
    written = _REST.fullmatch(value.strip())
    if written is None:
        raise ValueError(f"write a time of at least 1s, such as 90s, 10m, 72h or 7d, or {NO_CAP}")
    return timedelta(**{_UNITS[written[2]]: int(written[1])})


Cap = Annotated[DialsPerNumber | None, BeforeValidator(_read_cap)]
Rest = Annotated[Annotated[timedelta, Field(le=LONGEST_REST)] | None, BeforeValidator(_read_rest)]
MinGap = Annotated[Annotated[timedelta, Field(le=LONGEST_GAP)] | None, BeforeValidator(_read_rest)]


class _FromFiles(PydanticBaseSettingsSource):
    """Reads each setting whose variable, with `_FILE` behind its name, names a file: so platforms hand out secrets."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return what the file of a setting says, None where no file is named."""
        variable = str(field.validation_alias)
        path = os.environ.get(f"{variable}_FILE")
        if not path:
            return None, field_name, False
        if os.environ.get(variable):
            raise Misconfigured(f"{variable} and {variable}_FILE are both set: leave one out")
        try:
            return Path(path).read_text().strip(), field_name, False
        except (OSError, UnicodeDecodeError) as err:
            raise Misconfigured(f"{variable}_FILE: {path} cannot be read: {type(err).__name__}") from err

    def __call__(self) -> dict[str, Any]:
        """Return what files say, by the variables."""
        found = {
            str(field.validation_alias): self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
            if isinstance(field.validation_alias, str)
        }
        return {variable: value for variable, value in found.items() if value is not None}


class HttpBounds(BaseSettings):
    """Limits of the HTTP server: seconds, bytes and counts; `docs/operations.md` describes each."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, env_prefix="ORCHESTRATOR_HTTP_"
    )

    connections: int = Field(default=512, ge=8)
    head_s: float = Field(default=10, gt=0)
    body_s: float = Field(default=15, gt=0)
    body_total_s: float = Field(default=3600, gt=0)
    answer_s: float = Field(default=30, gt=0)
    bytes_per_s: int = Field(default=16 * 1024, gt=0)
    idle_s: float = Field(default=75, gt=0)
    stop_s: float = Field(default=8, gt=0)
    memory_mb: int = Field(default=64, gt=0)
    uploads_mb: int = Field(default=8192, gt=0)


class Settings(BaseSettings):
    """The settings of one process; read at start-up and passed down."""

    # Fields can also be filled by name: the prefix keeps out the DATABASE_URL of another program.
    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True, env_prefix="ORCHESTRATOR__"
    )

    telnyx_api_key: SecretStr | None = Field(default=None, validation_alias="TELNYX_API_KEY")
    telnyx_public_key: str | None = Field(default=None, validation_alias="TELNYX_PUBLIC_KEY")
    telnyx_base_url: str = Field(default="https://api.telnyx.com/v2", validation_alias="TELNYX_BASE_URL")
    telnyx_connection_id: str | None = Field(default=None, validation_alias="TELNYX_CONNECTION_ID")
    redis_url: str = Field(default="redis://127.0.0.1:6379/0", validation_alias="ORCHESTRATOR_REDIS_URL", repr=False)
    database_url: str = Field(
        default="postgresql+psycopg://orchestrator@127.0.0.1:5432/orchestrator",
        validation_alias="ORCHESTRATOR_DATABASE_URL",
        repr=False,
    )
    public_url: str | None = Field(default=None, validation_alias="ORCHESTRATOR_PUBLIC_URL")
    api_key: SecretStr | None = Field(default=None, validation_alias="ORCHESTRATOR_API_KEY")
    calls_per_second: CallsPerSecond = Field(default=1.0, validation_alias="ORCHESTRATOR_CALLS_PER_SECOND")
    max_live_calls: LiveCalls = Field(default=2, validation_alias="ORCHESTRATOR_MAX_LIVE_CALLS")
    caller_id: str | None = Field(default=None, validation_alias="ORCHESTRATOR_CALLER_ID")
    inbound_join_days: int = Field(default=7, ge=0, le=3650, validation_alias="ORCHESTRATOR_INBOUND_JOIN_DAYS")
    cap_per_number_24h: Cap = Field(default=DIALS_PER_NUMBER, validation_alias="ORCHESTRATOR_CAP_PER_NUMBER_24H")
    cap_per_number_7d: Cap = Field(
        default=DIALS_PER_NUMBER_IN_A_WEEK, validation_alias="ORCHESTRATOR_CAP_PER_NUMBER_7D"
    )
    cap_per_subject_24h: Cap = Field(default=None, validation_alias="ORCHESTRATOR_CAP_PER_SUBJECT_24H")
    cap_min_gap: MinGap = Field(default=None, validation_alias="ORCHESTRATOR_CAP_MIN_GAP")
    cap_rest_after_human: Rest = Field(default=None, validation_alias="ORCHESTRATOR_CAP_REST_AFTER_HUMAN")
    cap_rest_after_abandoned: Rest = Field(
        default=REST_AFTER_ABANDONED, validation_alias="ORCHESTRATOR_CAP_REST_AFTER_ABANDONED"
    )
    cap_per_caller_id_24h: Annotated[DialsPerCallerId | None, BeforeValidator(_read_cap)] = Field(
        default=None, validation_alias="ORCHESTRATOR_CAP_PER_CALLER_ID_24H"
    )
    call_estimate: CallEstimate = Field(default=CALL_ESTIMATE, validation_alias="ORCHESTRATOR_CALL_ESTIMATE")
    data_dir: Path = Field(default=Path("data"), validation_alias="ORCHESTRATOR_DATA_DIR")
    api_url: str | None = Field(default=None, validation_alias="ORCHESTRATOR_API_URL")
    media_url: str | None = Field(default=None, validation_alias="ORCHESTRATOR_MEDIA_URL")
    flower_user: SecretStr | None = Field(default=None, validation_alias="FLOWER_BASIC_AUTH")
    flower_url: Annotated[str, Field(pattern=r"^https?://[^\s/]")] | None = Field(
        default=None, validation_alias="ORCHESTRATOR_FLOWER_URL"
    )
    heartbeat_dir: Path | None = Field(default=None, validation_alias="ORCHESTRATOR_HEARTBEAT_DIR")
    recordings_dir: Path | None = Field(default=None, validation_alias="ORCHESTRATOR_RECORDINGS_DIR")
    recording_max_mb: float = Field(default=200.0, gt=0, validation_alias="ORCHESTRATOR_RECORDING_MAX_MB")
    recordings_bucket: str | None = Field(default=None, validation_alias="ORCHESTRATOR_RECORDINGS_BUCKET")
    bucket_url: str = Field(default="https://s3.amazonaws.com", validation_alias="ORCHESTRATOR_BUCKET_URL")
    bucket_region: str = Field(default="us-east-1", validation_alias="AWS_REGION")
    bucket_key_id: str | None = Field(default=None, validation_alias="AWS_ACCESS_KEY_ID")
    bucket_secret: SecretStr | None = Field(default=None, validation_alias="AWS_SECRET_ACCESS_KEY")
    log_format: LogFormat = Field(default="text", validation_alias="ORCHESTRATOR_LOG_FORMAT")
    log_level: LogLevel = Field(default="INFO", validation_alias="ORCHESTRATOR_LOG_LEVEL")
    otlp_endpoint: str | None = Field(default=None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    http: HttpBounds = Field(default_factory=HttpBounds)
    outbound_proxy: SecretStr | None = Field(default=None, validation_alias="ORCHESTRATOR_HTTPS_PROXY")
    outbound_direct: str = Field(default="", validation_alias="ORCHESTRATOR_NO_PROXY")
    outbound_ca_bundle: Path | None = Field(default=None, validation_alias="ORCHESTRATOR_CA_BUNDLE")
    listed_hosts: str = Field(default="", validation_alias="ORCHESTRATOR_TRUSTED_HOSTS")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 pydantic names them
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from: arguments, then the environment, then files that it names."""
        return init_settings, env_settings, _FromFiles(settings_cls)

    @property
    def webhook_url(self) -> str | None:
        """Return the address the carrier is given for its webhooks, if a public URL is set."""
        return f"{self.public_url.rstrip('/')}/webhooks/telnyx" if self.public_url else None

    @property
    def recordings_folder(self) -> Path:
        """Return the folder that recordings are downloaded to; they stay there unless a bucket is set."""
        return self.recordings_dir or self.data_dir / "recordings"

    @property
    def trusted_by_name(self) -> tuple[str, ...]:
        """Return the hosts in private networks that the operator listed; requests of flows may reach them."""
        return tuple(host.strip() for host in self.listed_hosts.split(",") if host.strip())

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """Return the hosts in private networks that outgoing requests may reach: those listed, and the carrier."""
        return (*self.trusted_by_name, host_and_port(self.telnyx_base_url))

    @property
    def egress(self) -> Egress:
        """Return the route of outgoing requests; raises Misconfigured naming the variable that is wrong."""
        return read_egress(
            _plain_text(self.outbound_proxy), direct=self.outbound_direct, ca_bundle=self.outbound_ca_bundle
        )

    def refuse_published_secrets(self) -> None:
        """Raise Misconfigured if calls are real and a secret is one that is published in this repository."""
        secrets = {
            "ORCHESTRATOR_API_KEY": [_plain_text(self.api_key)],
            "TELNYX_API_KEY": [_plain_text(self.telnyx_api_key)],
            "TELNYX_PUBLIC_KEY": listed_keys(self.telnyx_public_key or ""),
            "POSTGRES_PASSWORD": [_password_in(self.database_url)],
            "FLOWER_PASSWORD": [_plain_text(self.flower_user).partition(":")[2]],
        }
        refuse_published_secrets(secrets, carrier=self.telnyx_base_url, public_url=self.public_url)

    def telnyx_key(self) -> SecretStr:
        """Return the carrier's API key; raise Misconfigured naming the variable if there is none."""
        return _required(self.telnyx_api_key, "TELNYX_API_KEY", "the API key of your Telnyx account")

    def public_keys(self) -> str:
        """Return the keys that webhooks are verified with; raise Misconfigured naming the variable if there is none."""
        return _required(self.telnyx_public_key, "TELNYX_PUBLIC_KEY", "the public key shown in your Telnyx portal")

    def connection_id(self) -> str:
        """Return the carrier's connection; raise Misconfigured naming the variable if there is none."""
        return _required(self.telnyx_connection_id, "TELNYX_CONNECTION_ID", "the id of your Voice API application")

    def bucket_keys(self) -> tuple[str, SecretStr]:
        """Return the bucket's key id and secret; raise Misconfigured naming the variable that is missing."""
        what = "a key that may put, get and delete objects of ORCHESTRATOR_RECORDINGS_BUCKET"
        secret = _required(self.bucket_secret, "AWS_SECRET_ACCESS_KEY", what)
        return _required(self.bucket_key_id, "AWS_ACCESS_KEY_ID", what), secret


@cache
def load_settings() -> Settings:
    """Return this process's settings, read at the first call; raise Misconfigured naming what is wrong."""
    try:
        settings = Settings()
    except ValidationError as err:
        raise Misconfigured("; ".join(f"{e['loc'][0]}: {e['msg']}" for e in err.errors())) from err
    settings.refuse_published_secrets()
    _ = settings.egress  # what is wrong with it is said before anything starts
    return settings


def child_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with `changes` made, for a process about to be started."""
    return {**os.environ, **changes}


def _password_in(url: str) -> str:
    found = re.search(r"://[^:/@]*:([^@]*)@", url)
    return found[1] if found else ""


def _plain_text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _required(value: T | None, variable: str, what: str) -> T:
    if value is None:
        raise Misconfigured(f"{variable} is not set: set it to {what}")
    return value
