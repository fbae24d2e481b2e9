"""The one clock: whole seconds of UTC from an injected reader. Durations come from `time.monotonic`, never from here.

`PROCESSOR_CLOCK_FILE` names a file that holds the instant to take for now, read afresh each time; its second line, if
any, stands for the database's clock. It is for tests and simulations and refused on Render.
"""

import os
import time
from collections.abc import Callable, Mapping

from processor.errors import ConfigurationError

MAX_SKEW_SECONDS = 300


class Clock:
    """Tells now, as whole epoch seconds."""

    def __init__(self, read: Callable[[], float]) -> None:
        self._read = read

    def now(self) -> int:
        """Epoch seconds, UTC."""
        return int(self._read())


def host_clock(environment: Mapping[str, str] = os.environ) -> Clock:
    """This host's clock, or the file that stands for it."""
    path = clock_file(environment)
    return Clock(time.time) if path is None else Clock(lambda: _lines(path)[0])


def database_clock(database_epoch: float, environment: Mapping[str, str] = os.environ) -> Clock:
    """The database's time as read once on connecting, carried on by the monotonic clock; or the file's second line."""
    path = clock_file(environment)
    if path is not None:
        return Clock(lambda: _lines(path)[-1])
    started = time.monotonic()
    return Clock(lambda: database_epoch + time.monotonic() - started)


def clock_file(environment: Mapping[str, str]) -> str | None:
    """The file that stands for the clock; refused where real work is done."""
    path = environment.get("PROCESSOR_CLOCK_FILE") or None
    if path is not None and environment.get("RENDER"):
        message = "PROCESSOR_CLOCK_FILE is for tests and is refused on Render: remove it from the environment"
        raise ConfigurationError(message)
    return path


def _lines(path: str) -> list[float]:
    try:
        with open(path, encoding="utf-8") as file:
            instants = [float(line) for line in file.read().split()]
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from None
    if not instants:
        raise _unreadable(path, "it is empty")
    return instants


def _unreadable(path: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"PROCESSOR_CLOCK_FILE {path} does not hold an instant in epoch seconds ({reason}): correct it or unset it"
    )
