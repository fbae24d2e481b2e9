"""What a process may execute next.

1. A run of a silent worker that somebody cancelled, or that was recovered too often, ends in the claim itself.
2. Runs that wait no longer go before queued ones, and those before runs that were lost: one of them may have killed its
   worker, and would make everybody late once more. One that was lost for as long as a tick comes first.
3. A suspect, a run that was recovered twice and has passed no turn since, is claimed only when nothing else is ready
   and nothing runs: if it is what kills its process, it takes no neighbour with it. It comes first once it was passed
   over for an hour.
"""

from dataclasses import dataclass, field

from processor.lazy import load
from processor.rules.run_state import MOST_RECOVERIES
from processor.storage import runs
from processor.storage.runs import Claim, Worker
from processor.storage.work import Work

GIVE_UP = "processor.agent.crash_loop:give_up"
"""Ends a run in its claim, as its executor would."""

PATIENCE_SECONDS = 3_600
"""How long a suspect is passed over."""

LOST_SECONDS = 300
"""How long another lost run is passed over: a tick."""


@dataclass(slots=True)
class Claims:
    """Runs to execute, and those that ended instead."""

    to_execute: list[Claim] = field(default_factory=list)
    ended: list[Claim] = field(default_factory=list)


def claim(work: Work, worker: Worker, limit: int, *, idle: bool) -> Claims:
    """Claim up to `limit` runs; a suspect only if the process is `idle`, and then nothing beside it."""
    if idle:
        overdue = runs.claim_suspect(work, worker, work.now - PATIENCE_SECONDS)
        if overdue:
            return Claims(overdue)
    found = _claim_harmless(work, worker, limit, idle=idle)
    if idle and not found.to_execute:
        found.to_execute = runs.claim_suspect(work, worker, work.now)
    return found


def _claim_harmless(work: Work, worker: Worker, limit: int, *, idle: bool) -> Claims:
    """Runs that ended in the claim take no place: others are claimed in theirs."""
    found = Claims()
    while len(found.to_execute) < limit:
        places = limit - len(found.to_execute)
        taken = runs.claim_lost(work, worker, places, work.now - LOST_SECONDS) if idle else []
        taken += runs.claim(work, worker, places - len(taken), suspect=False)
        hopeless = [each for each in taken if each.cancel_requested or each.recoveries > MOST_RECOVERIES]
        for each in hopeless:
            load(GIVE_UP)(work, each)
        found.ended += hopeless
        found.to_execute += [each for each in taken if each not in hopeless]
        if not hopeless:
            break
    return found
