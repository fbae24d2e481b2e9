"""Why a file watch runs or does not: what its looks have seen, and when it looks again."""

from collections.abc import Iterator

from processor.reports.explain_facts import TaskFacts
from processor.rules.moments import moment, span


def obstacle(task: TaskFacts) -> Iterator[str]:
    """What its latest look could not see."""
    if task.watch_warning is not None:
        yield f"Its latest look did not see everything ({task.watch_warning}): what is not seen is kept as it was."


def suspended(task: TaskFacts) -> str:
    """What becomes of its files while it is paused or disabled."""
    state, until = "disabled", "'processor tasks enable'"
    if task.paused_until is not None:
        state, until = "paused", moment(task.paused_until, task.timezone)
    return f"It is {state}: no tick looks until {until}, what has changed by then is told once, runs by hand work."


def policy(task: TaskFacts) -> str:
    """When a change is told."""
    if not task.settle_seconds:
        return "A file that looks different is told by the tick that sees it (settle 0)."
    return f"A file that looks different is told once it has stood still for {span(task.settle_seconds)} (settle)."


def coming(task: TaskFacts, *, has_open_run: bool) -> str:
    """What the next tick does about it."""
    if task.paused_until is not None:
        return f"It looks again at the first tick after {moment(task.paused_until, task.timezone)}."
    if task.first_look_at is None:
        return "It has not looked yet: what the next tick finds is known then, and what comes after that is told."
    if not task.settling_count:
        return "It runs when files change: each tick looks, and none looked different the last time."
    files = f"Files look different ({task.settling_count:,})"
    if has_open_run:
        return f"{files}: they wait until its open run has ended."
    return f"{files}: once they have stood still for {span(task.settle_seconds)}, a tick makes a run of them."
