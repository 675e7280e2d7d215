"""A process that opens mutants one by one, and says of each what came of it.

It reads one line of JSON: a specimen, a folder of its own, and the numbers of the mutants. Memory
is bounded, and whatever would run code or a program is told.
"""

import json
import resource
import sys
import time
from pathlib import Path
from types import CodeType
from typing import Any, Final

import numpy as np
from threadpoolctl import threadpool_limits

from app.backend.domain.errors import ModelError
from app.backend.features.encode import Floats
from app.backend.registry.artefact import manifest_path
from tests.fuzz.mutants import mutant
from tests.fuzz.readers import READERS, Specimen

ROOM_BYTES: Final = 2**30
TOIL_SECONDS: Final = 2.0
WARMING_UP: Final = 25
# What runs something, in the words of Python's audit events.
FORBIDDEN: Final = frozenset(
    ("exec", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
     "os.system", "pickle.find_class", "socket.connect", "subprocess.Popen", "ctypes.dlopen",
     "os.remove", "os.rename", "os.mkdir", "os.link", "os.symlink", "shutil.rmtree")
)  # fmt: skip


class Watch:
    """Remembers what was run while it was watching."""

    def __init__(self) -> None:
        self.is_watching = False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_watching and event in FORBIDDEN and not _is_an_import(event, arguments):
            self.seen.append(f"{event} {str(arguments)[:100]}")


def _is_an_import(event: str, arguments: tuple[object, ...]) -> bool:
    """Say whether code that is run is that of a file of this installation."""
    if event != "exec" or not isinstance(arguments[0], CodeType):
        return False
    file = arguments[0].co_filename
    return Path(file).is_absolute() or file.startswith("<frozen ")


def main() -> None:
    """Open mutants, or files made by hand, until they are through."""
    order = json.loads(sys.stdin.readline())
    specimen, folder = Specimen(**order["specimen"]), Path(order["folder"])
    threadpool_limits(limits=1)
    watch, rows = Watch(), specimen.rows
    healthy = READERS[specimen.reader](Path(specimen.path), specimen.digest, rows)
    for told in order.get("healthy", ()):
        one = Specimen(**told)
        _opened(one, one.rows)
    for number in range(order["warming_up"]):
        _opened(_written(specimen, folder, -1 - number)[0], rows)
    _bound_memory()
    for number in range(order["first"], order["end"]):
        # A mutant that cannot be made is no fault of whoever would have opened it.
        if "by_hand" in order:
            made, way, is_sealed = Specimen(**order["by_hand"][number]), "by hand", True
            asked, expected = made.rows, _answers(made)
        else:
            made, way, is_sealed = _written(specimen, folder, number)
            asked, expected = rows, healthy
        _say("start", number)
        outcome = _watched(watch, made, asked, expected)
        _say("end", number, way, is_sealed, outcome)


def _answers(made: Specimen) -> Floats:
    """Return what the healthy file answers, of which one was made."""
    answers: Floats = np.load(f"{made.path}.answers.npy")
    return answers


def _written(specimen: Specimen, folder: Path, number: int) -> tuple[Specimen, str, bool]:
    """Write a mutant; return it as a specimen, and how it was made."""
    healthy = Path(specimen.path)
    path = folder / healthy.name
    one = mutant(specimen.content, specimen.manifest, healthy.suffix, number % 2**63)
    path.write_bytes(one.content)
    manifest_path(path).write_bytes(one.manifest)
    digest = "" if one.is_sealed else specimen.digest
    return Specimen(specimen.name, str(path), digest, specimen.reader), one.way, one.is_sealed


def _watched(watch: Watch, made: Specimen, rows: Floats, healthy: Floats | None) -> str:
    """Open a file; say what came of it, and any fault of whoever opened it."""
    watch.seen.clear()
    began = time.process_time()
    watch.is_watching = True
    answer = _opened(made, rows)
    watch.is_watching = False
    seconds = time.process_time() - began
    if watch.seen:
        return f"fault: it ran {watch.seen[0]}"
    if seconds > TOIL_SECONDS:
        return f"fault: it took {seconds:.1f} s"
    return answer if isinstance(answer, str) else _judged(made, answer, healthy)


def _opened(made: Specimen, rows: Floats) -> Floats | str:
    try:
        return READERS[made.reader](Path(made.path), made.digest or None, rows)
    except ModelError as error:
        return f"refused: {error.code}"
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is a fault
        return f"fault: {type(error).__name__} {str(error)[:200]}"


def _judged(made: Specimen, answer: Floats, healthy: Floats | None) -> str:
    """Judge an answer: by the digest it can only be the healthy one; else, a probability."""
    if not ((answer >= 0.0) & (answer <= 1.0)).all():
        return "fault: it answered with what is no probability"
    is_same = healthy is not None and np.array_equal(answer, healthy)
    if made.digest and not is_same:
        return "fault: it was silently changed"
    return "the same" if is_same else "another model"


def _bound_memory() -> None:
    told = Path("/proc/self/statm").read_text()
    now = int(told.split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + ROOM_BYTES, now + ROOM_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _say(*words: Any) -> None:  # noqa: ANN401  # JSON
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
