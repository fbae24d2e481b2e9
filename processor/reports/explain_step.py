"""Why a sequential task runs or does not: where it stands in its job, and what the newest pass has come to."""

from collections.abc import Iterator
from dataclasses import dataclass

from processor.rules.moments import moment
from processor.rules.sequence import PassState, SkipReason


@dataclass(frozen=True, slots=True)
class StepFacts:
    """The task's place in its job's order, and the job's newest pass, if there was one."""

    job_id: str
    job_name: str
    next_pass_at: int | None
    """When the job's own clock begins a pass."""
    job_timezone: str | None
    position: int
    total: int
    pass_number: int | None
    pass_state: str | None
    pass_position: int | None
    pass_total: int
    under_way: str | None
    """The name of the task at the pass's position."""
    step: int | None
    """The task's place in the order that the pass began with; None if it has none there."""
    first_position: int | None
    skip_reason: str | None


_SKIPPED = {
    SkipReason.DISABLED: "because it was disabled",
    SkipReason.LEFT_JOB: "because it was no sequential task of the job then",
}


def obstacle(facts: StepFacts) -> Iterator[str]:
    """What keeps the newest pass from running the task."""
    called = f"Pass {facts.pass_number} of its job"
    if facts.pass_number is None:
        return
    if facts.step is None:
        yield f"{called} goes by the order that it began with, in which the task is not."
    elif facts.skip_reason is not None:
        yield f"{called} went over it {_SKIPPED[SkipReason(facts.skip_reason)]}."
    elif facts.first_position is not None and facts.step < facts.first_position:
        yield f"{called} began at step {facts.first_position}, after it."
    elif facts.pass_position is not None and facts.step > facts.pass_position:
        yield _not_reached(facts, called)


def coming(facts: StepFacts) -> str:
    """When its turn comes."""
    place = f"It is step {facts.position}/{facts.total} in Job '{facts.job_name}'"
    if facts.pass_state == PassState.RUNNING:
        return f"{place}, of which pass {facts.pass_number} runs."
    by_hand = f"'processor jobs run {facts.job_id}' begins one"
    if facts.next_pass_at is None:
        return f"{place}, and no pass runs: {by_hand}."
    at = moment(facts.next_pass_at, facts.job_timezone)
    return f"{place}, and no pass runs: the job's schedule begins one at {at}, and {by_hand} now."


def _not_reached(facts: StepFacts, called: str) -> str:
    at = f"step {facts.pass_position}/{facts.pass_total}" + (f" ('{facts.under_way}')" if facts.under_way else "")
    if facts.pass_state == PassState.RUNNING:
        return f"{called} waits for {at}, which comes before it."
    how = "was cancelled" if facts.pass_state == PassState.CANCELLED else facts.pass_state
    return f"{called} {how} at {at}, before it came to this task."
