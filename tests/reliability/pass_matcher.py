"""A second opinion on jobs: each pass is walked from its first step to its end, and every order is counted.

Like the matcher of slots it takes nothing from the program. A deleted task takes its steps and runs with it: a pass may
have failed at a step that is gone, and never for any other reason.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STATEMENTS = {
    "jobs": "SELECT id, status FROM jobs",
    "places": "SELECT job_id, position, schedule_type FROM tasks WHERE job_id IS NOT NULL OR position IS NOT NULL",
    "passes": "SELECT id, job_id, number, state, first_position, position, started_at FROM job_runs",
    "steps": "SELECT job_run_id, position, task_id, skip_reason FROM job_run_steps ORDER BY job_run_id, position",
    "runs": """
        SELECT job_run_id, position, task_id, state, queued_at, finished_at FROM runs WHERE job_run_id IS NOT NULL
    """,
}
_OPEN = ("queued", "running", "waiting")
_SHOWN = {"running": "in_progress", "succeeded": "completed", "failed": "failed", "cancelled": "cancelled"}


@dataclass(frozen=True)
class Step:
    position: int
    task_id: str
    skip_reason: str | None


@dataclass(frozen=True)
class StepRun:
    position: int
    task_id: str
    state: str
    queued_at: int
    finished_at: int | None


@dataclass(frozen=True)
class PassRow:
    id: str
    job_id: str
    number: int
    state: str
    first: int
    position: int
    started_at: int
    steps: list[Step] = field(default_factory=list)
    runs: dict[int, StepRun] = field(default_factory=dict)

    @property
    def stopped_at_what_is_gone(self) -> bool:
        """Whether it was stopped at a step whose task was deleted since."""
        return self.state in ("failed", "cancelled") and self.position not in {step.position for step in self.steps}


@dataclass(frozen=True)
class Jobs:
    """All that a database holds about jobs."""

    status: dict[str, str]
    places: dict[str, list[int]]
    strays: list[str]
    passes: list[PassRow]


def read(rows: Mapping[str, Sequence[Sequence[Any]]]) -> Jobs:
    """What the rows of the `STATEMENTS` say."""
    passes = {str(row[0]): PassRow(str(row[0]), str(row[1]), *row[2:]) for row in rows["passes"]}
    for pass_id, position, task_id, skip_reason in rows["steps"]:
        passes[str(pass_id)].steps.append(Step(position, str(task_id), skip_reason))
    for pass_id, position, task_id, *rest in rows["runs"]:
        passes[str(pass_id)].runs[position] = StepRun(position, str(task_id), *rest)
    places = defaultdict[str, list[int]](list)
    strays = []
    for job_id, position, schedule_type in rows["places"]:
        if (schedule_type == "sequential") != (job_id is not None and position is not None):
            strays.append(f"a {schedule_type} task has the position {position} of job {job_id}")
        elif position is not None:
            places[str(job_id)].append(position)
    return Jobs({str(job_id): status for job_id, status in rows["jobs"]}, places, strays, list(passes.values()))


def mismatches(jobs: Jobs) -> Iterator[str]:
    """Everything about jobs that does not fit, in words."""
    yield from jobs.strays
    for job_id, positions in jobs.places.items():
        if sorted(positions) != list(range(1, len(positions) + 1)):
            yield f"job {job_id}: its tasks are at {sorted(positions)}"
    of_job = defaultdict[str, list[PassRow]](list)
    for each in jobs.passes:
        of_job[each.job_id].append(each)
        yield from (f"pass {each.id}: {said}" for said in _walk(each))
    for job_id, status in jobs.status.items():
        yield from (f"job {job_id}: {said}" for said in _history(status, of_job[job_id]))


def _history(status: str, passes: Sequence[PassRow]) -> Iterator[str]:
    ordered = sorted(passes, key=lambda each: each.number)
    if [each.number for each in ordered] != list(range(1, len(ordered) + 1)):
        yield f"its passes are numbered {[each.number for each in ordered]}"
    if any(each.state == "running" for each in ordered[:-1]):
        yield "a pass began while another one ran"
    newest = ordered[-1].state if ordered else None
    shown = _SHOWN[newest] if newest is not None else "pending"
    if status != shown and (status != "pending" or newest == "running"):
        yield f"it is {status}, and its newest pass is {newest}"


def _walk(walked: PassRow) -> Iterator[str]:
    """Go from step to step as long as each has succeeded or was skipped; where that ends, the pass must have ended."""
    yield from _runs_off_the_way(walked)
    reached, end = None, "succeeded"
    instant: int | None = walked.started_at
    expected_position = walked.first
    for step in (each for each in walked.steps if each.position >= walked.first):
        run = walked.runs.get(step.position)
        if reached is not None:
            if run is not None or step.skip_reason is not None:
                yield f"step {step.position} comes after step {reached}, which is {end}"
            continue
        if step.position != expected_position:
            instant = None  # a step between the two is gone, and with it the instant when it ended
        expected_position = step.position + 1
        if step.skip_reason is not None:
            continue
        if run is None:
            reached, end = step.position, "not begun"
            continue
        if instant is not None and run.queued_at != instant:
            yield f"step {step.position} was queued at {run.queued_at}, and its time was {instant}"
        instant = run.finished_at
        if run.state != "succeeded":
            reached, end = step.position, "running" if run.state in _OPEN else run.state
    yield from _end(walked, reached, end)


def _end(walked: PassRow, reached: int | None, end: str) -> Iterator[str]:
    if walked.stopped_at_what_is_gone:
        if end not in ("succeeded", "not begun") or (reached is not None and reached < walked.position):
            yield f"it is {walked.state} at step {walked.position}, which is gone, and step {reached} is {end}"
    elif end != walked.state:
        yield f"it is {walked.state} at step {walked.position}, and step {reached} is {end}"
    elif reached is not None and reached != walked.position:
        yield f"it stands at step {walked.position}, and step {reached} is {end}"


def _runs_off_the_way(walked: PassRow) -> Iterator[str]:
    steps = {step.position: step for step in walked.steps}
    for position, run in walked.runs.items():
        step = steps.get(position)
        if step is None or step.task_id != run.task_id:
            yield f"the run at step {position} is of task {run.task_id}, the step of {step and step.task_id}"
        elif step.skip_reason is not None:
            yield f"step {position} was skipped, and ran"
        if position < walked.first:
            yield f"step {position} ran, and the pass began at step {walked.first}"
    for step in walked.steps:
        if step.skip_reason is not None and step.position < walked.first:
            yield f"step {step.position} was skipped, and the pass began at step {walked.first}"
    if len({step.task_id for step in walked.steps}) != len(walked.steps):
        yield "a task has two steps"
