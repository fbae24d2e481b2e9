"""Adaptive tasks in the database: what agents propose, and what the governor decides.

1. The transaction that takes a slot (`slot_taken`) decides the next one at once, so that an enabled task always has
   one, whatever becomes of its run.
2. The transaction that ends a run (`run_ended`) decides anew, with the run's proposal and result, unless the next slot
   has fallen due already: that one stays.
3. A proposal stays open until the slot to which it led is taken, so that it can be seen and cleared until then.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from processor.rules.schedules.adaptive import (
    RESULTS_CONSIDERED,
    Adaptive,
    Decision,
    Facts,
    Fallback,
    Proposal,
    Result,
    failures_in_a_row,
    govern,
)
from processor.rules.schedules.adaptive_inputs import written
from processor.rules.schedules.adaptive_words import explain
from processor.rules.schedules.calendar import Calendar
from processor.rules.schedules.interval import Interval
from processor.storage.work import Row, Work


@dataclass(frozen=True, slots=True)
class Governed:
    """An adaptive task, and all that its governor looks at now."""

    task_id: str
    store_id: str
    schedule: Adaptive
    facts: Facts
    timezone: str | None
    next_run_at: int | None


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal as it is kept; instants in epoch seconds."""

    id: str
    store_id: str
    task_id: str
    run_id: str
    wanted_at: int
    after_seconds: int | None
    reason: str
    expires_at: int | None
    state: str
    proposed_at: int
    settled_at: int | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as it is kept, with the governor's inputs as JSON; instants in epoch seconds."""

    id: int
    store_id: str
    task_id: str
    decided_at: int
    next_run_at: int | None
    source: str
    inputs: str
    proposal_id: str | None
    run_id: str | None
    said: str


def governed(work: Work, task_ids: Iterable[str]) -> list[Governed]:
    """Those of the tasks that are adaptive."""
    rows = work.all("adaptive.governed", ids=json.dumps([*task_ids]), now=work.now)
    return [_governed(row, recent_results(work, row.id), work.now) for row in rows]


def recent_results(work: Work, task_id: str) -> tuple[Result, ...]:
    """What the latest runs of a task that ended were good for, oldest first."""
    rows = work.all("adaptive.results", task_id=task_id, limit=RESULTS_CONSIDERED)
    return tuple(Result(row.result) for row in reversed(rows))


def propose(
    work: Work, task: Governed, run_id: str, proposal: Proposal, *, after_seconds: int | None = None
) -> Decision:
    """Keep what the agent of a run asks for in place of what it or another asked before.

    Returns what the governor will make of it if the run succeeds; it decides when the run ends.
    """
    work.run("adaptive.replace", store_id=task.store_id, task_id=task.task_id, now=work.now)
    work.run(
        "adaptive.propose",
        id=proposal.id,
        store_id=task.store_id,
        task_id=task.task_id,
        run_id=run_id,
        wanted_at=proposal.wanted_at,
        after_seconds=after_seconds,
        reason=proposal.reason,
        expires_at=proposal.expires_at,
        now=work.now,
    )
    return govern(task.schedule, replace(task.facts, proposal=proposal, failures=0))


def new_proposal_id() -> str:
    return str(uuid.uuid4())


def proposals(work: Work, store_id: str, task_id: str, limit: int) -> list[ProposalRow]:
    """What was proposed for a task, newest first."""
    return _proposals(work, store_id, task_id, limit, is_open=False)


def current_proposal(work: Work, store_id: str, task_id: str) -> ProposalRow | None:
    """The proposal that waits to be used, if there is one."""
    return next(iter(_proposals(work, store_id, task_id, 1, is_open=True)), None)


def decisions(work: Work, store_id: str, task_id: str, limit: int) -> list[DecisionRow]:
    """What was decided for a task, newest first; the first of them is where its next time comes from."""
    rows = work.run("adaptive.decisions", store_id=store_id, task_id=task_id, limit=limit).mappings()
    return [DecisionRow(**row) for row in rows]


def said(work: Work, task_ids: Sequence[str]) -> dict[str, str]:
    """Why these tasks run next when they do, in the words of their latest decisions; by task."""
    return {row.task_id: row.said for row in work.all("adaptive.said", ids=json.dumps(task_ids))}


def clear(work: Work, proposal: ProposalRow) -> None:
    """Let an open proposal go, and decide without it. The caller holds the task's row."""
    work.run("adaptive.settle", id=proposal.id, state="cleared", now=work.now)
    decide_ahead(work, proposal.task_id)


def slot_taken(work: Work, task_ids: Sequence[str]) -> None:
    """Decide the next times of those tasks that are adaptive; the caller has just accounted for their slots."""
    if task_ids:
        work.run("adaptive.settle_taken", ids=json.dumps(task_ids), now=work.now)
        decide(work, governed(work, task_ids))


def redecide(work: Work, task_ids: Sequence[str]) -> None:
    """Decide the next times of those tasks that are adaptive anew, whatever they were; the caller holds their rows."""
    decide(work, governed(work, task_ids))


def run_ended(work: Work, task_id: str, run_id: str) -> None:
    """Decide anew after a run of the task, if that is adaptive; the caller has just ended the run, and holds it."""
    if work.first("adaptive.lock", id=task_id) is not None:
        decide_ahead(work, task_id, run_id)


def decide_ahead(work: Work, task_id: str, run_id: str | None = None) -> None:
    """Decide a task's next time anew, unless that has come already: then its slot is to be accounted for.

    The caller holds the task's row.
    """
    ahead = [task for task in governed(work, [task_id]) if task.next_run_at is None or task.next_run_at > work.now]
    decide(work, ahead, run_id)


def decide(work: Work, tasks: Sequence[Governed], run_id: str | None = None) -> None:
    """Let the governor decide, and keep what it decided with all that it was made of."""
    for task in tasks:
        decision = govern(task.schedule, task.facts)
        _record(work, task, decision, run_id)
        work.later("adaptive.set_next", id=task.task_id, next_run_at=decision.next_run_at)
        if decision.lapsed and task.facts.proposal is not None:
            work.later("adaptive.settle", id=task.facts.proposal.id, state="expired", now=work.now)


def _record(work: Work, task: Governed, decision: Decision, run_id: str | None) -> None:
    proposal = task.facts.proposal
    work.later(
        "adaptive.record",
        store_id=task.store_id,
        task_id=task.task_id,
        now=work.now,
        next_run_at=decision.next_run_at,
        source=decision.source,
        inputs=written(task.schedule, task.facts),
        proposal_id=None if proposal is None else proposal.id,
        run_id=run_id,
        said=explain(decision, task.timezone),
    )


def _proposals(work: Work, store_id: str, task_id: str, limit: int, *, is_open: bool) -> list[ProposalRow]:
    rows = work.run("adaptive.proposals", store_id=store_id, task_id=task_id, limit=limit, is_open=is_open).mappings()
    return [ProposalRow(**row) for row in rows]


def _governed(row: Row, results: tuple[Result, ...], now: int) -> Governed:
    facts = Facts(
        now=now,
        last_slot=row.last_slot,
        proposal=_proposal(row),
        results=results,
        failures=failures_in_a_row(results),
        paused_until=row.paused_until,
        enabled=bool(row.enabled),
    )
    return Governed(row.id, row.store_id, _schedule(row), facts, row.timezone, row.next_run_at)


def _proposal(row: Row) -> Proposal | None:
    return None if row.proposal_id is None else Proposal(row.proposal_id, row.wanted_at, row.reason, row.expires_at)


def _schedule(row: Row) -> Adaptive:
    baseline = Interval(row.interval_seconds, row.anchor_at) if row.cron is None else Calendar(row.cron, row.timezone)
    return Adaptive(baseline, row.min_interval_seconds, row.max_interval_seconds, Fallback(row.fallback))
