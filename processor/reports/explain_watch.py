"""Why a file watch runs or does not: what its looks have seen, and when it looks again."""

from collections.abc import Iterator

from processor.reports.explain_facts import TaskFacts
from processor.rules.moments import span


def obstacle(task: TaskFacts) -> Iterator[str]:
    """What its latest look could not see."""
    if task.watch_warning is not None:
        yield f"Its latest look did not see everything ({task.watch_warning}): what is not seen is kept as it was."


def coming(task: TaskFacts, *, has_open_run: bool) -> str:
    """What the next tick does about it."""
    if task.first_look_at is None:
        return "It has not looked yet: what the next tick finds is known then, and what comes after that is told."
    if not task.settling_count:
        return "It runs when files change: each tick looks, and none looked different the last time."
    files = f"Files look different ({task.settling_count:,})"
    if has_open_run:
        return f"{files}: they wait until its open run has ended."
    return f"{files}: once they have stood still for {span(task.settle_seconds)}, a tick makes a run of them."
