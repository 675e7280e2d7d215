"""What an installation may choose, by environment variables; read once, at the edges."""

import ipaddress
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.backend.domain.errors import BindRefused, SettingsInvalid
from app.backend.workflows.training_options import Limits, Schedule, TrainingOptions


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
        Field(description="The address to listen on. Only loopback, as long as nobody logs in."),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Field(ge=0, le=65535, description="The port to listen on; 0 takes any that is free."),
    ] = 8730
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

    @cached_property
    def models_dir(self) -> Path:
        """The folder of the model versions."""
        return self.data_dir / "models"

    @cached_property
    def training(self) -> TrainingOptions:
        """How the household trains."""
        return TrainingOptions(
            limits=Limits(self.training_memory_mb, self.training_seconds, self.training_threads),
            schedule=Schedule(self.train_after_feedbacks, self.train_nightly_at or None),
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


def insist_on_loopback(host: str) -> None:
    """Refuse an address that others can reach, as long as there is no login.

    Raises
    ------
    BindRefused
        Where the host is not a loopback address.
    """
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise BindRefused(
            f"ENCORE_HOST is {host!r}, which others could reach, and Encore has no login yet; set "
            "it to 127.0.0.1 and put nothing in front of it that strangers can use."
        )
