"""How much memory this process holds; loads nothing, because it is asked in processes that hardly load anything."""

import resource
import sys


def peak_bytes() -> int:
    """The most that was ever resident; not from getrusage on Linux, which counts in what the parent held."""
    return _status("VmHWM") or _from_getrusage()


def resident_bytes() -> int:
    """What is resident now; on macOS the peak, because only that is to be had."""
    return _status("VmRSS") or _from_getrusage()


def _status(name: str) -> int | None:
    try:
        with open("/proc/self/status", encoding="ascii") as lines:  # noqa: PTH123 (pathlib would be what is measured)
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
    except OSError:
        return None


def _from_getrusage() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
