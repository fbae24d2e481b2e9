"""What agents propose for the next time of their adaptive task: asked for, looked at, and cleared by people."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from processor.errors import Conflict, InvalidInput
from processor.rules.instants import iso, iso_or_none
from processor.rules.redaction import redacted
from processor.rules.schedules.adaptive import Proposal
from processor.rules.schedules.adaptive_words import explain, lasting
from processor.rules.schedules.interval import parse_interval
from processor.services import changes, checks
from processor.services.instants import parse_instant
from processor.storage import adaptive
from processor.storage.adaptive import DecisionRow, Governed, ProposalRow
from processor.storage.work import Work

LONGEST_REASON = 500
LONGEST_VALID_SECONDS = 30 * 86_400


class Outlook(NamedTuple):
    """What the governor will make of a proposal if its run succeeds: the next time (epoch seconds), and why."""

    next_run_at: int | None
    said: str


def propose(
    work: Work,
    store_id: str,
    task_id: str,
    run_id: str,
    *,
    reason: str,
    next_at: str | None = None,
    after: str | None = None,
    valid_for: str | None = None,
) -> Outlook:
    """Ask for the next time of a task, as an instant or as a duration from now, in place of any earlier proposal.

    Raises NotFound, Conflict if the task is not adaptive, InvalidInput and InvalidSchedule.
    """
    task = _adaptive(work, store_id, task_id)
    wanted_at, after_seconds = _wanted(next_at, after, work.now)
    proposal = Proposal(
        adaptive.new_proposal_id(),
        wanted_at,
        redacted(checks.one_line(reason, "reason", LONGEST_REASON)),  # it is shown wherever the next time is
        None if valid_for is None else work.now + _valid_seconds(valid_for),
    )
    if proposal.expires_at is not None and proposal.expires_at < wanted_at:
        raise InvalidInput(
            "The proposal would run out before its own time comes: leave out valid_for, or make it longer"
        )
    decision = adaptive.propose(work, task, run_id, proposal, after_seconds=after_seconds)
    asked = iso(wanted_at) if after_seconds is None else lasting(after_seconds)
    return Outlook(decision.next_run_at, f"You asked for {asked}. {explain(decision, task.timezone)}")


def current(work: Work, store_id: str, task_id: str) -> ProposalRow | None:
    """The proposal that waits to be used, if there is one; raises NotFound."""
    return adaptive.current_proposal(work, store_id, _known(work, store_id, task_id))


def list(work: Work, store_id: str, task_id: str, limit: int | None = None) -> Sequence[ProposalRow]:
    """All that was proposed for a task, newest first; raises NotFound."""
    return adaptive.proposals(work, store_id, _known(work, store_id, task_id), checks.limit(limit))


def decisions(work: Work, store_id: str, task_id: str, limit: int | None = None) -> Sequence[DecisionRow]:
    """What the governor decided for a task, newest first; raises NotFound."""
    return adaptive.decisions(work, store_id, _known(work, store_id, task_id), checks.limit(limit))


def clear(work: Work, store_id: str, task_id: str) -> ProposalRow:
    """Let the open proposal of a task go; its next time is decided anew. Raises NotFound, Conflict if none is open."""
    known = _known(work, store_id, task_id)
    work.run("tasks.lock", store_id=store_id, id=known)
    open_one = adaptive.current_proposal(work, store_id, known)
    if open_one is None:
        raise Conflict("The task has no open proposal: nothing is to be cleared")
    adaptive.clear(work, open_one)
    cleared = replace(open_one, state="cleared", settled_at=work.now)
    changes.note(work, "task.updated", store_id, known, before=_noted(open_one), after=_noted(cleared))
    return cleared


def view(_: Work, proposal: ProposalRow) -> dict[str, Any]:
    """The proposal object of the command line, REST and the console; instants are ISO 8601 in UTC."""
    return {
        "id": proposal.id,
        "store_id": proposal.store_id,
        "task_id": proposal.task_id,
        "run_id": proposal.run_id,
        "wanted_at": iso(proposal.wanted_at),
        "after_seconds": proposal.after_seconds,
        "reason": proposal.reason,
        "expires_at": iso_or_none(proposal.expires_at),
        "state": proposal.state,
        "proposed_at": iso(proposal.proposed_at),
        "settled_at": iso_or_none(proposal.settled_at),
    }


def _noted(proposal: ProposalRow) -> dict[str, Any]:
    return {"proposal": {"id": proposal.id, "wanted_at": iso(proposal.wanted_at), "state": proposal.state}}


def _adaptive(work: Work, store_id: str, task_id: str) -> Governed:
    known = _known(work, store_id, task_id)
    work.run("tasks.lock", store_id=store_id, id=known)
    found = adaptive.governed(work, [known])
    if not found:
        raise Conflict("The task is not adaptive: its schedule is fixed, so nothing can be proposed; go on without")
    return found[0]


def _wanted(next_at: str | None, after: str | None, now: int) -> tuple[int, int | None]:
    if (next_at is None) == (after is None):
        raise InvalidInput("Give either next_at, an instant, or after, a duration like 90m: one of the two")
    if after is not None:
        seconds = parse_interval(after)
        return now + seconds, seconds
    wanted_at = parse_instant(next_at or "", "next_at")
    if wanted_at <= now:
        raise InvalidInput(f"The instant of next_at, {iso(wanted_at)}, has passed, it is {iso(now)}: give one to come")
    return wanted_at, None


def _valid_seconds(text: str) -> int:
    seconds = parse_interval(text)
    if seconds > LONGEST_VALID_SECONDS:
        raise InvalidInput("A proposal is valid for 30 days at most: shorten valid_for, or leave it out")
    return seconds


def _known(work: Work, store_id: str, task_id: str) -> str:
    known = checks.known_id(task_id, "task")
    if work.first("tasks.known", store_id=store_id, id=known) is None:
        raise checks.unknown("task", task_id)
    return known
