"""What a doctor looks at, and what a doctor says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.workflows.mounts import MOUNTS

OK: Final = "ok"
WARNING: Final = "warning"
PROBLEM: Final = "problem"
NOTE: Final = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question: ok, warning, problem or note; what was found; what to do."""

    check: str
    state: str
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Premises:
    """What is examined: where facts and files are kept, and whether media servers are asked too."""

    database_url: str
    data_dir: Path
    models_dir: Path
    clock: Clock
    mounts: Path = MOUNTS
    asks_servers: bool = False
