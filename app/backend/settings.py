"""What an installation may choose, by environment variables; read once, at the edges."""

import re
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.backend.domain.errors import SettingsInvalid
from app.backend.setting_files import FileSource
from app.backend.workflows.doorway import Doorway, is_loopback, networks
from app.backend.workflows.training_options import Limits, Schedule, TrainingOptions

# Where one of these is set, the page Settings shows the schedule and does not change it.
SCHEDULED_BY: Final = frozenset({"train_after_feedbacks", "train_nightly_at"})


class Settings(BaseSettings):
    """Encore's settings. Each is the environment variable `ENCORE_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="ENCORE_", frozen=True, extra="ignore")

    database_url: Annotated[
        str,
        Field(
            description="Where facts are kept: sqlite:///PATH or postgresql://USER:PASSWORD@HOST/"
            "NAME. Empty means encore.db in the data folder."
        ),
    ] = ""
    data_dir: Annotated[
        Path,
        Field(description="The folder of the SQLite file and of the models. Made if missing."),
    ] = Path("data")
    host: Annotated[
        str,
        Field(
            description="The address to listen on. One that others can reach asks for an owner: "
            "set ENCORE_OWNER_NAME and ENCORE_OWNER_PASSWORD, or run: encore accounts add"
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Field(ge=0, le=65535, description="The port to listen on; 0 takes any that is free."),
    ] = 8730
    workers: Annotated[
        int,
        Field(ge=1, le=64, description="How many processes answer requests."),
    ] = 1
    public_url: Annotated[
        str,
        Field(description="What people type to reach Encore, such as https://encore.example."),
    ] = ""
    base_path: Annotated[
        str, Field(description="Below which path a proxy serves Encore, such as /encore.")
    ] = ""
    allowed_hosts: Annotated[
        str,
        Field(description="Names that requests may use, beside localhost and the public address."),
    ] = ""
    trusted_proxies: Annotated[
        str,
        Field(
            description="Addresses or networks of proxies, with commas between, whose "
            "X-Forwarded-For and X-Forwarded-Proto are believed."
        ),
    ] = ""
    sso_header: Annotated[
        str,
        Field(description="The header by which a proxy says who signed in, such as Remote-User."),
    ] = ""
    sso_from: Annotated[
        str, Field(description="The only addresses from which that header is believed.")
    ] = ""
    owner_name: Annotated[
        str, Field(description="Who owns Encore, made at the start where there is no owner yet.")
    ] = ""
    owner_password: Annotated[
        str, Field(description="The password that this owner begins with.", repr=False)
    ] = ""
    access_log: Annotated[
        bool, Field(description="Whether each request is logged, without its query.")
    ] = False
    log_format: Annotated[
        Literal["text", "json"], Field(description="How log lines are written.")
    ] = "text"
    otlp_endpoint: Annotated[
        str,
        Field(
            description="Where traces go, such as http://localhost:4318/v1/traces; needs the extra "
            "otel. Empty: nowhere."
        ),
    ] = ""
    train_after_feedbacks: Annotated[
        int,
        Field(ge=0, le=10**6, description="How much new feedback starts a training; 0: none does."),
    ] = 5
    train_nightly_at: Annotated[
        time | Literal[""],
        Field(
            description="When a training starts each night on which there is new feedback, as "
            "HH:MM in UTC. Empty means never."
        ),
    ] = time(3, 30)
    training_memory_mb: Annotated[
        int,
        Field(ge=0, description="How much memory a training may ask for; 0 sets no limit."),
    ] = 4096
    training_seconds: Annotated[
        float,
        Field(gt=0, description="How long one attempt of a training may take, in seconds."),
    ] = 3600.0
    training_threads: Annotated[
        int,
        Field(ge=1, le=1024, description="Threads of linear algebra that a training may use."),
    ] = 1
    mlflow_tracking_uri: Annotated[
        str,
        Field(
            description="The MLflow tracking server that training runs are told to, such as "
            "http://localhost:5000; needs the extra mlflow. Empty: nobody is told."
        ),
    ] = ""
    keep_versions: Annotated[
        int,
        Field(
            ge=0,
            description="How many of the newest model versions keep their files, beside those that "
            "serve or could be rolled back to; 0 keeps all.",
        ),
    ] = 20

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the signature is given
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read variables, then files that variables name."""
        return init_settings, env_settings, FileSource(settings_cls)

    @cached_property
    def doorway(self) -> Doorway:
        """How Encore is reached."""
        return Doorway(
            public_url=checked_url(self.public_url),
            base_path=checked_base(self.base_path),
            allowed_hosts=frozenset(_listed(self.allowed_hosts.casefold())),
            trusted_proxies=networks(self.trusted_proxies, "ENCORE_TRUSTED_PROXIES"),
            sso_header=self.sso_header,
            sso_from=networks(self.sso_from, "ENCORE_SSO_FROM"),
            is_local=self.host == "localhost" or is_loopback(self.host),
        )

    @cached_property
    def models_dir(self) -> Path:
        """The folder of the model versions."""
        return self.data_dir / "models"

    @cached_property
    def training(self) -> TrainingOptions:
        """How the household trains."""
        return TrainingOptions(
            limits=Limits(self.training_memory_mb, self.training_seconds, self.training_threads),
            schedule=Schedule(
                self.train_after_feedbacks,
                self.train_nightly_at or None,
                is_fixed=bool(self.model_fields_set & SCHEDULED_BY),
            ),
            keep_versions=self.keep_versions,
            mlflow_tracking_uri=self.mlflow_tracking_uri,
        )

    @cached_property
    def effective_database_url(self) -> str:
        """The database to open."""
        return self.database_url or f"sqlite:///{self.data_dir / 'encore.db'}"


def read_settings() -> Settings:
    """Read the environment.

    Raises
    ------
    SettingsInvalid
        Where a variable has a value that cannot be.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = f"ENCORE_{str(first['loc'][0]).upper()}"
        raise SettingsInvalid(
            f"{name} is wrong: {first['msg']}. See docs/settings.md for what it may be."
        ) from error


def checked_url(url: str) -> str:
    """Return a public address as it is used.

    Raises
    ------
    SettingsInvalid
        Where it is none.

    Examples
    --------
    >>> checked_url("https://encore.example/"), checked_url("")
    ('https://encore.example', '')
    """
    parts = urlsplit(url)
    is_plain = parts.path in {"", "/"} and not parts.query and not parts.username
    if url and not (parts.scheme in {"http", "https"} and parts.hostname and is_plain):
        raise SettingsInvalid(
            "ENCORE_PUBLIC_URL is no address; write https://encore.example, and a path below it in "
            "ENCORE_BASE_PATH."
        )
    return url.rstrip("/")


def checked_base(path: str) -> str:
    """Return a base path as it is used.

    Raises
    ------
    SettingsInvalid
        Where it is none.

    Examples
    --------
    >>> checked_base("/encore/"), checked_base("/")
    ('/encore', '')
    """
    kept = path.rstrip("/")
    if kept and re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", kept) is None:
        raise SettingsInvalid("ENCORE_BASE_PATH is no path; write /encore.")
    return kept


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
