"""The tool that ends a run."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from processor.agent.toolbox.tool import Arguments, Caller, Effect, Tool
from processor.storage.work import Work

NAME = "finish_run"


class FinishStatus(StrEnum):
    """How the agent sees its own work."""

    DONE = "done"  # the task's prompt is fulfilled
    NOTHING_TO_DO = "nothing_to_do"  # there was nothing that called for action
    FAILED = "failed"  # the agent could not do what was asked


class FinishRun(Arguments):
    status: FinishStatus
    summary: str = Field(min_length=1, max_length=4000, description="What was done, in a few sentences for a person.")


def _finish(_work: Work, _caller: Caller, given: FinishRun) -> dict[str, Any]:
    return {"status": given.status, "recorded": True}


FINISH_RUN = Tool(
    NAME,
    "End this run. Call it once, alone, as the last thing: with status done, nothing_to_do or failed, and a summary.",
    FinishRun,
    Effect.LOCAL,
    _finish,
)
