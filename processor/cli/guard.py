"""From whatever a command does to one exit code, and at most one line about what went wrong."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from processor import __version__
from processor.errors import ProcessorError
from processor.log import get_logger

INTERRUPTED = 130
TERMINATED = 143
BUG = 70


def guarded(command: Callable[[], object], *, refused: int = 1, logged: bool = False) -> int:
    """Call `command` and return the exit code of the process.

    `refused` is the code of what was asked for and cannot be. `logged`: errors become log lines instead of plain text.
    """
    try:
        command()
        sys.stdout.flush()
    except SystemExit as end:
        return _code(end)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _stop_writing()
        return 1
    except ProcessorError as error:
        code = refused if error.exit_code == 1 else error.exit_code
        _tell(str(error), logged=logged, exit_code=code)
        return code
    except Exception as error:  # noqa: BLE001 (whatever else comes is a bug, and says so)
        _report_bug(error, logged=logged)
        return BUG
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


def _stop_writing() -> None:
    # Nobody reads any more: the interpreter's last flush must not complain about it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(message: str, *, logged: bool, exit_code: int) -> None:
    if logged:
        get_logger().error("command.failed", error=message, exit_code=exit_code)
    else:
        _say(" ".join(message.split()))


def _report_bug(error: Exception, *, logged: bool) -> None:
    if logged or debugging():
        get_logger().error("command.failed", exit_code=BUG, exc_info=error)
    if not logged:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        hint = "report it" if debugging() else "set PROCESSOR_DEBUG=1 to see where it is, and report it"
        _say(f"This is a bug in processor {__version__} ({said}): {hint}")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
