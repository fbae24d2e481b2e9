"""From whatever a command does to one exit code, and at most one line about what went wrong."""

import errno
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from processor import __version__
from processor.cli.harmless import harmless
from processor.errors import InfrastructureError, ProcessorError
from processor.log import get_logger

INTERRUPTED = 130
TERMINATED = 143
BUG = 70
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FULL_TOLD = "The output could not be written ({}): make room there. What the command had to do is done"


def guarded(command: Callable[[], object], *, refused: int = 1, logged: bool = False) -> int:
    """Call `command` and return the exit code of the process.

    `refused` is the code of what was asked for and cannot be. `logged`: errors become log lines instead of plain text.
    """
    _open_what_is_closed()
    try:
        code = _ended(command)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except ProcessorError as error:
        code = refused if error.exit_code == 1 else error.exit_code
        _tell(str(error), logged=logged, exit_code=code)
    except OSError as error:
        return _unwritten(error, logged=logged)
    except Exception as error:  # noqa: BLE001 (whatever else comes is a bug, and says so)
        return _report_bug(error, logged=logged)
    return code


def _ended(command: Callable[[], object]) -> int:
    try:
        command()
    except SystemExit as end:
        return _code(end)
    return 0


def debugging() -> bool:
    """Whether tracebacks are wanted."""
    return bool(os.environ.get("PROCESSOR_DEBUG"))


def leave(exit_code: int) -> NoReturn:
    """End the command with a code of its own."""
    raise SystemExit(exit_code)


def _code(end: SystemExit) -> int:
    if end.code is None:
        return 0
    return end.code if isinstance(end.code, int) else 1


def _open_what_is_closed() -> None:
    """Whoever starts a program without standard output or standard error wants to hear nothing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (it stays open to the end)


def _unwritten(error: OSError, *, logged: bool) -> int:
    """The code where the output has no reader or no room; any other error of files is a bug that gets here."""
    if isinstance(error, BrokenPipeError):
        _stop_writing()
        return 1
    if error.errno not in FULL:
        return _report_bug(error, logged=logged)
    _stop_writing()
    _tell(FULL_TOLD.format(error.strerror), logged=logged, exit_code=InfrastructureError.exit_code)
    return InfrastructureError.exit_code


def _stop_writing() -> None:
    # Nobody reads any more: the interpreter's last flush must not complain about it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(message: str, *, logged: bool, exit_code: int) -> None:
    if logged:
        get_logger().error("command.failed", error=message, exit_code=exit_code)
    else:
        _say(" ".join(message.split()))


def _report_bug(error: Exception, *, logged: bool) -> int:
    if logged or debugging():
        get_logger().error("command.failed", exit_code=BUG, exc_info=error)
    if not logged:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        hint = "report it" if debugging() else "set PROCESSOR_DEBUG=1 to see where it is, and report it"
        _say(f"This is a bug in processor {__version__} ({said}): {hint}")
    return BUG


def _say(line: str) -> None:
    sys.stderr.write(f"{harmless(line)}\n")
    sys.stderr.flush()
