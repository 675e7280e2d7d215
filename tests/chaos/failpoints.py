"""Points at which a program can be killed: before and after each sync, rename and commit."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

BEFORE, AFTER = "before", "after"


@dataclass(slots=True)
class Failpoints:
    """Counts what a program passes, and kills it where it was told to.

    Attributes
    ----------
    deadly : int
        The number of the point at which the program dies; -1 for none.
    passed : list of str
        The names of the points passed so far, such as `before commit`.
    """

    deadly: int = -1
    passed: list[str] = field(default_factory=list)

    def arm(self) -> None:
        """Watch every sync, rename and commit of this process from now on."""
        os.fsync = self._around("sync", os.fsync)
        os.rename = self._around("rename", os.rename)
        os.replace = self._around("rename", os.replace)
        commit = self._around("commit", DefaultDialect.do_commit)
        DefaultDialect.do_commit = commit  # type: ignore[method-assign]  # of this process alone

    def _around(self, name: str, do: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever it takes
            self._pass(f"{BEFORE} {name}")
            done = do(*args, **kwargs)
            self._pass(f"{AFTER} {name}")
            return done

        return watched

    def _pass(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) - 1 == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
