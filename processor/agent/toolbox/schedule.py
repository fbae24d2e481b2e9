"""The tool with which the agent of an adaptive task says when it should run next."""

from typing import Any

from pydantic import Field

from processor.agent.toolbox.tool import Arguments, Caller, Effect, Tool
from processor.rules.instants import iso_or_none
from processor.services import proposals
from processor.storage.work import Work


class ProposeNextRun(Arguments):
    reason: str = Field(min_length=1, max_length=500, description="Why then, in one sentence for a person.")
    next_at: str | None = Field(default=None, description="An instant in ISO 8601, like 2026-12-24T18:00:00Z.")
    after: str | None = Field(default=None, description="Instead of next_at: how long from now, like 90m, 4h or 1d.")
    valid_for: str | None = Field(
        default=None,
        description="How long this holds, like 2h, at most 30d; left out: until it is used.",
    )


def _propose(work: Work, caller: Caller, given: ProposeNextRun) -> dict[str, Any]:
    outlook = proposals.propose(work, caller.store_id, caller.task_id, caller.run_id, **given.model_dump())
    return {"proposed": True, "next_run_at": iso_or_none(outlook.next_run_at), "said": outlook.said}


PROPOSE_NEXT_RUN = Tool(
    "propose_next_run",
    "Say when this task should run next, if its schedule is adaptive. That is decided when this run ends, within the "
    "bounds of the task. After failures the task waits at least as long as they demand.",
    ProposeNextRun,
    Effect.LOCAL,
    _propose,
)
