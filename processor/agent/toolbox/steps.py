"""The tool that reads what an earlier step of the same pass said."""

from typing import Any

from pydantic import Field

from processor.agent.earlier_steps import SKIPPED
from processor.agent.toolbox.tool import Arguments, Caller, Effect, Tool
from processor.errors import InvalidInput, NotFound
from processor.storage import step_results
from processor.storage.work import Work


class ReadStepResult(Arguments):
    position: int = Field(ge=1, description="The number of the step, 1 being the first of the pass.")


def _read(work: Work, caller: Caller, given: ReadStepResult) -> dict[str, Any]:
    _require_earlier(given.position, step_results.position(work, caller.store_id, caller.run_id))
    found = step_results.before(work, caller.store_id, caller.run_id, given.position)
    if not found:
        raise NotFound(f"Step {given.position} is no longer there, its task was deleted: do without its result")
    (step,) = found
    told: dict[str, Any] = {"step": step.position, "task": step.task_name}
    if step.skip_reason is not None:
        return told | {"skipped": SKIPPED[step.skip_reason]}
    if not step.has_run:
        raise NotFound(
            f"This pass began after step {step.position}, and its task has never succeeded before: "
            "do without its result"
        )
    return told | ({} if step.pass_number is None else {"from_pass": step.pass_number}) | {"output": step.output or ""}


def _require_earlier(asked: int, own: int | None) -> None:
    if own is None:
        raise InvalidInput("This run is no step of a pass, so no step came before it: do without this tool")
    if own == 1:
        raise InvalidInput("This run is step 1, so no step came before it: do without this tool")
    if asked >= own:
        raise InvalidInput(f"Step {asked} does not come before this run, which is step {own}: ask for 1 to {own - 1}")


READ_STEP_RESULT = Tool(
    "read_step_result",
    "In a pass through the steps of a job, read all that an earlier step of this pass said.",
    ReadStepResult,
    Effect.READ,
    _read,
)
