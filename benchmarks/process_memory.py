"""The resident memory of this process, and the most that it has been."""

import resource
import sys
from contextlib import suppress
from pathlib import Path


def memory_mb() -> tuple[float, float]:
    """Return the resident memory, and the most it has been."""
    try:
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    except OSError:  # no Linux
        unit = 2**20 if sys.platform == "darwin" else 2**10
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        return most, most
    told = {name: value for name, _, value in (line.partition(":") for line in lines)}
    now, most = (float(told[name].removesuffix("kB")) / 2**10 for name in ("VmRSS", "VmHWM"))
    return now, most


def forget_peak() -> None:
    """Let the peak begin anew: before, it is that of the imports, or of the starting process."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "utf-8")
