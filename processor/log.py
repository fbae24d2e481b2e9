"""Log lines: JSON where a program reads, readable and coloured where a person does; secrets are masked in both.

The event is a dotted name in the past tense (`run.succeeded`), everything else a field. Nothing is written before
`configure` was called, and nothing while there is nothing to do.
"""

import logging
import os
import sys
from collections.abc import Collection, Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from processor.rules.redaction import redacted_throughout

LIBRARY_EVENT = "library.logged"


def configure(
    stream: TextIO = sys.stderr,
    *,
    terminal: bool | None = None,
    level: str = "info",
    without: Collection[str] = (),
) -> None:
    """Send log lines of `level` and above to `stream`; `terminal` says who reads (None: ask the stream).

    `without` are events that the caller tells in words of its own.
    """
    readable = stream.isatty() if terminal is None else terminal
    structlog.configure(
        processors=[
            lambda _, __, fields: _unless_told(fields, without),
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _masked,
            *(_for_people() if readable else _for_programs()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_LibraryHandler()], level=logging.WARNING, force=True)


def get_logger() -> FilteringBoundLogger:
    """The logger: `get_logger().info("run.succeeded", run_id=…)`."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


class _LibraryHandler(logging.Handler):
    """What libraries log through the standard library comes out in the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        get_logger().log(record.levelno, LIBRARY_EVENT, library=record.name, said=said, exc_info=record.exc_info)


def _unless_told(fields: MutableMapping[str, Any], told: Collection[str]) -> Mapping[str, Any]:
    if fields.get("event") in told:
        raise structlog.DropEvent
    return fields


def _masked(_: object, __: str, fields: MutableMapping[str, Any]) -> Mapping[str, Any]:
    shown: Mapping[str, Any] = redacted_throughout(dict(fields))
    return shown


def _for_programs() -> list[Processor]:
    order = ["timestamp", "level", "event"]
    return [
        lambda _, __, fields: {name: fields[name] for name in [*order, *(key for key in fields if key not in order)]},
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _for_people() -> list[Processor]:
    colours = not os.environ.get("NO_COLOR")
    return [
        structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0)
    ]
