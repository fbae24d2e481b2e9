"""Root may read everything: for a while this thread may not, so that closed files are closed to it as to others."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION = 0x20080522  # linux/capability.h, _LINUX_CAPABILITY_VERSION_3
_OVERRIDES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextmanager
def permissions_count() -> Iterator[None]:
    """Within, this thread is refused what the mode of a file forbids its owner."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, and once more for the upper half
    _require_done(libc.capget(header, sets))
    before = sets[0]
    sets[0] = before & ~_OVERRIDES
    _require_done(libc.capset(header, sets))
    try:
        yield
    finally:
        sets[0] = before
        _require_done(libc.capset(header, sets))


def _require_done(code: int) -> None:
    if code != 0:
        raise OSError(ctypes.get_errno(), "the capabilities of this thread cannot be changed")
