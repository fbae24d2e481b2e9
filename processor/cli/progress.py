"""What a tick does while it does it: spinners on a terminal, log lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from processor.cli.guard import debugging
from processor.context import Listener, unheard
from processor.lazy import load
from processor.log import configure


def configure_log(*, quiet: bool = False) -> None:
    """Log lines go to standard error: warnings among the spinners of a terminal, everything for programs.

    The end of a tick is no log line for people: they get its error and its summary; see `ticking.show_report`.
    """
    terminal = sys.stderr.isatty()
    level = "debug" if debugging() else "warning" if terminal or quiet else "info"
    told = ("tick.finished",) if terminal and not quiet and not debugging() else ()
    configure(cast("TextIO", _CurrentStderr()), terminal=terminal, level=level, without=told)


@contextmanager
def shown_live() -> Iterator[Listener]:
    """A listener that shows what it hears; one that does not listen where nobody watches."""
    if not sys.stderr.isatty():
        yield unheard
        return
    with load("processor.cli.spinners:spinning")() as listener:
        yield listener


class _CurrentStderr:
    """Whatever stands for standard error now: spinners replace it by a stream that writes above them."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        return sys.stderr.isatty()
