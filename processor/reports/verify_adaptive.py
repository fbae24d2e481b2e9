"""The check that needs the rule of adaptive schedules: each decision is what its stored inputs make."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from processor.errors import InvalidSchedule
from processor.reports.finding import Finding, Findings, Scope
from processor.rules.schedules.adaptive import govern
from processor.rules.schedules.adaptive_inputs import read
from processor.storage.work import Work

PAGE = 1_000

Kept = Mapping[str, Any]


def decisions_can_be_made_again(work: Work, scope: Scope) -> Findings:
    """Make each decision again, and look whether its time is ahead of it and within its bounds."""
    found, total = list[Finding](), 0
    for kept in _decisions(work, scope):
        said = [*_broken(kept)]
        total += len(said)
        found += [
            Finding(kept["task_id"], kept["store_id"], each) for each in islice(said, scope.most_shown - len(found))
        ]
    return Findings(total, found)


def _broken(kept: Kept) -> Iterator[str]:
    try:
        schedule, facts = read(kept["inputs"])
    except (KeyError, TypeError, ValueError):
        yield f"what was decided at @{kept['decided_at']} does not say of what it was made"
        return
    try:
        made = govern(schedule, facts)
    except InvalidSchedule as error:
        yield f"what was decided at @{kept['decided_at']} cannot be made again: {error}"
        return
    if (made.next_run_at, made.source) != (kept["next_run_at"], kept["source"]):
        was, is_now = _shown(kept["next_run_at"], kept["source"]), _shown(made.next_run_at, made.source)
        yield f"decided at @{kept['decided_at']} was {was}, made again it is {is_now}"
    at = kept["next_run_at"]
    if at is not None and not made.bounds.earliest <= at <= made.bounds.latest:
        yield f"@{at} lies outside the bounds from @{made.bounds.earliest} to @{made.bounds.latest}"


def _shown(at: int | None, source: str) -> str:
    return f"{'no time' if at is None else f'@{at}'} ({source})"


def _decisions(work: Work, scope: Scope) -> Iterator[Kept]:
    after = 0
    while page := work.run(
        "verify_adaptive.decisions",
        store_id=scope.store_id,
        after_count=after,
        kept_since=scope.kept_since,
        limit=PAGE,
    ).mappings():
        yield from page
        after = page[-1]["id"]
