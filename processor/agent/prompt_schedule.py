"""What the agent of an adaptive task is told of its schedule."""

from dataclasses import replace

from processor.errors import InvalidSchedule
from processor.rules.instants import iso_or_none
from processor.rules.schedules.adaptive import govern
from processor.storage import adaptive
from processor.storage.work import Work


def schedule_lines(work: Work, task_id: str) -> list[str]:
    """The baseline, the bounds, and when the task runs next if its run succeeds without a proposal.

    Nothing where the baseline cannot be read: the run can do its work all the same.
    """
    try:
        return [line for task in adaptive.governed(work, [task_id]) for line in _lines(task)]
    except InvalidSchedule:
        return []


def _lines(task: adaptive.Governed) -> list[str]:
    without = govern(task.schedule, replace(task.facts, proposal=None, failures=0))
    lines = [f"Schedule: {task.schedule.describe()}."]
    if without.next_run_at is not None:
        lines.append(f"Without a proposal of yours the task runs next at {iso_or_none(without.next_run_at)}.")
    if task.facts.proposal is not None:
        wanted = iso_or_none(task.facts.proposal.wanted_at)
        lines.append(f"A proposal of an earlier run is open: {wanted}. One of yours takes its place.")
    return lines
