"""A run's log: each line goes to the program's log at once and to the run's rows with the next transaction."""

import json

from processor.log import get_logger
from processor.rules.redaction import redacted
from processor.storage import turns
from processor.storage.runs import Claim
from processor.storage.turns import LogLine
from processor.storage.work import Work

MOST_LINES = 1_000
"""Rows kept of one run; the last says that there was more."""


class RunLog:
    """Says what a run does, in dotted past-tense events."""

    def __init__(self, claim: Claim, *, begun: bool = False) -> None:
        """`begun`: this worker may have written lines of it before."""
        self._claim = claim
        self._logger = get_logger().bind(run_id=claim.run_id, store_id=claim.store_id, task_id=claim.task_id)
        self._lines: list[LogLine] = []
        self._position: int | None = 0 if claim.fresh and not begun else None

    def info(self, event: str, **fields: object) -> None:
        """Something that happened as it should."""
        self._logger.info(event, **fields)
        self._keep("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something that a person may want to look at."""
        self._logger.warning(event, **fields)
        self._keep("warning", event, fields)

    def broken(self, bug: BaseException) -> None:
        """A bug of ours: the program's log gets the traceback, the run's rows only its name."""
        self._logger.error("run.broken", exc_info=bug)
        self._keep("error", "run.broken", {"error": type(bug).__name__})

    def write(self, work: Work) -> None:
        """Put the lines so far into the transaction."""
        if self._position is None:
            # Lines of an earlier worker stay; ours follow them.
            self._position = turns.last_log_position(work, self._claim.run_id)
        lines, self._lines = self._lines, []
        turns.write_log(work, self._claim, self._position + 1, lines)
        self._position += len(lines)

    def look_again(self) -> None:
        """The transaction of the latest `write` may have been undone: the next one asks where the rows end."""
        self._position = None

    def _keep(self, level: str, event: str, fields: dict[str, object]) -> None:
        position = (self._position or 0) + len(self._lines) + 1
        if position < MOST_LINES:
            self._lines.append(LogLine(level, event, redacted(json.dumps(fields, ensure_ascii=False, default=str))))
        elif position == MOST_LINES:
            self._lines.append(LogLine("warning", "log.capped", json.dumps({"most_lines": MOST_LINES})))
