"""The tool that reads what earlier runs of the same task did."""

from typing import Any

from pydantic import Field

from processor.agent.toolbox.tool import Arguments, Caller, Effect, Tool
from processor.storage import turns
from processor.storage.work import Work


class ListRecentRuns(Arguments):
    limit: int = Field(default=5, ge=1, le=20, description="How many, newest first.")


def _list(work: Work, caller: Caller, given: ListRecentRuns) -> dict[str, Any]:
    return {"runs": turns.recent_runs(work, caller.task_id, caller.run_id, given.limit)}


LIST_RECENT_RUNS = Tool(
    "list_recent_runs",
    "Read how the latest runs of this task ended: when, in which state, and what they said.",
    ListRecentRuns,
    Effect.READ,
    _list,
)
