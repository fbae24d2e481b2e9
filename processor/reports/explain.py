"""Why a task did or did not run lately and what happens next, in plain words made of nothing but facts."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from processor.reports import explain_step, explain_watch
from processor.reports.explain_facts import Facts, RunFacts, SlotFacts
from processor.rules import retry
from processor.rules.disposition import Disposition, Misfire, Overlap
from processor.rules.moments import moment, span
from processor.rules.redaction import redacted
from processor.rules.run_state import MOST_RECOVERIES, RunState, Trigger, WaitingFor
from processor.rules.schedules import describe

LONGEST_REASON = 200
SILENT_SECONDS = 600
"""Cron starts a tick every five minutes: after two that did not come, somebody should look."""
NANO = 1_000_000_000


class Topic(StrEnum):
    """What a sentence is about."""

    SCHEDULE = "schedule"  # when it should run
    OBSTACLE = "obstacle"  # what keeps it from running
    RUN = "run"  # what runs, waits or ran last
    SLOT = "slot"  # what became of its latest slots, newest first
    POLICY = "policy"  # what it does about late slots, overlap, failures and cost
    NEXT = "next"  # what happens next


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing to know."""

    topic: Topic
    text: str


def explain(facts: Facts) -> list[Sentence]:
    """Everything that is to be said of a task, in the order in which people ask."""
    parts = {
        Topic.SCHEDULE: _schedule,
        Topic.OBSTACLE: _obstacles,
        Topic.RUN: _runs,
        Topic.SLOT: _slots,
        Topic.POLICY: _policies,
        Topic.NEXT: _next,
    }
    return [Sentence(topic, text) for topic, say in parts.items() for text in say(facts)]


def why(facts: Facts, slot: SlotFacts) -> str:
    """What became of a slot, and by which rule."""
    task, late = facts.task, slot.processed_at - slot.scheduled_time
    if slot.disposition == Disposition.CLAIMED:
        return f"claimed: run {slot.run_id} is {slot.run_state}" if slot.run_state else "claimed; its run was deleted"
    if slot.disposition == Disposition.MISSED and late <= facts.window_seconds:
        return "missed: the schedule was changed before it could run"
    if slot.disposition == Disposition.MISSED:
        return (
            f"missed: nobody looked before it was {span(late)} late, on time is {span(facts.window_seconds)}; "
            f"{LATE[Misfire(task.misfire)]}"
        )
    return SKIPPED[Disposition(slot.disposition)]


LATE = {
    Misfire.SKIP: "late slots are let go (misfire skip)",
    Misfire.LATEST: "of late slots only the newest runs (misfire latest)",
    Misfire.ALL: "late slots run unless they are too old or too many (misfire all)",
}
SKIPPED = {
    Disposition.SKIPPED_OVERLAP: "skipped: another run of the task was in the way, or a newer slot went in its place",
    Disposition.SKIPPED_PAUSED: "skipped: the task was paused or disabled",
    Disposition.SKIPPED_GATE: "skipped: the task's gate said that there was nothing to do",
}
_OVERLAP = {
    Overlap.SKIP: "A slot that falls due while a run is open is skipped (overlap skip).",
    Overlap.QUEUE: "A slot that falls due while a run is open waits, the newest only (overlap queue).",
}


def _schedule(facts: Facts) -> Iterator[str]:
    described = describe(facts.task.schedule) if facts.governed is None else facts.governed.schedule_text
    yield f"'{facts.task.name}' has this schedule: {described[0].lower()}{described[1:]}."


def _obstacles(facts: Facts) -> Iterator[str]:
    task = facts.task
    if facts.stop_reason is not None:
        yield f"Everything is stopped ({_short(facts.stop_reason)}): slots are claimed or let go, and no run starts."
    for circuit in facts.circuits:
        since, again = _at(facts, circuit.opened_at), _at(facts, circuit.retry_at)
        yield (
            f"The provider {circuit.provider} refuses us since {since} ({_short(circuit.reason)}): "
            f"runs wait, and it is asked again from {again} on."
        )
    if task.watch_path is not None and (not task.enabled or task.paused_until is not None):
        yield explain_watch.suspended(task)
    elif not task.enabled:
        what = "no slot becomes a run" if facts.step is None else "passes of its job go over it"
        yield f"It is disabled: {what} until 'processor tasks enable', runs by hand work."
    if facts.step is not None:
        yield from explain_step.obstacle(facts.step)
    yield from explain_watch.obstacle(task)
    if task.paused_until is not None and task.watch_path is None:
        yield f"It is paused until {_at(facts, task.paused_until)}: slots up to then are skipped, runs by hand work."
    if task.held and task.held_slot is not None:
        yield f"Its slots up to {_at(facts, task.held_slot)} wait until the open run has ended."
    if facts.ticked_at is None:
        yield "No tick has ever run on this database: check the cron job, or run 'process-tasks'."
    elif facts.now - facts.ticked_at > SILENT_SECONDS:
        ago = span(facts.now - facts.ticked_at)
        yield f"The latest tick was at {_at(facts, facts.ticked_at)}, {ago} ago: check the cron job."


def _runs(facts: Facts) -> Iterator[str]:
    for run in facts.open_runs:
        yield f"{_named(facts, run)} {_standing(facts, run)}"
        if run.cancel_requested_at is not None:
            yield f"Somebody asked to cancel it at {_at(facts, run.cancel_requested_at)}."
        if run is facts.open_runs[0]:
            yield from _failed_attempts(facts)
    if facts.latest_run is not None:
        yield _ended(facts, facts.latest_run)
        if not facts.open_runs:
            yield from _failed_attempts(facts)
    elif not facts.open_runs:
        yield "It has never run."


def _failed_attempts(facts: Facts) -> Iterator[str]:
    for each in facts.failed_attempts:
        yield f"Its attempt {each.attempt} failed ({each.error_class}): {_short(each.error)}."


def _named(facts: Facts, run: RunFacts) -> str:
    what = _asked_by(run) if run.scheduled_time is None else f"for {_at(facts, run.scheduled_time)}"
    return f"Run {run.id} ({what}{'' if run.rerun_of is None else ', run again by hand'})"


def _asked_by(run: RunFacts) -> str:
    if run.trigger != Trigger.JOB:
        return "because of files that changed" if run.trigger == Trigger.FILE_WATCH else "asked for by hand"
    if run.job_run_id is not None:
        return "a step of its job"
    return "a step" if run.rerun_of is not None else "a step of a job that was deleted"


def _standing(facts: Facts, run: RunFacts) -> str:
    if run.state == RunState.QUEUED:
        first = facts.open_runs[0] is run
        return f"is queued since {_at(facts, run.queued_at)}: " + (
            "the next tick starts it." if first else "it starts when the run before it has ended."
        )
    if run.state == RunState.RUNNING:
        done = f"attempt {run.attempt}, {run.turns} turns, {_usd(run.cost_nanousd)} so far"
        return f"is running: {done}; {_lease(facts, run)}"
    return f"waits {_waiting_for(facts, run)}"


def _lease(facts: Facts, run: RunFacts) -> str:
    lease = run.lease_expires_at or facts.now
    taken = f", taken over {run.recoveries} times before" if run.recoveries else ""
    if lease < facts.now:
        again = run.recoveries < MOST_RECOVERIES and run.cancel_requested_at is None
        next_tick = "takes it over" if again else "ends it"
        return (
            f"its worker went silent, the lease ran out at {_at(facts, lease)}, and the next tick {next_tick}{taken}."
        )
    return f"its worker's lease lasts until {_at(facts, lease)}{taken}."


def _waiting_for(facts: Facts, run: RunFacts) -> str:
    reason = {
        WaitingFor.RETRY: f"for start {run.attempt + 1} of {facts.task.retries.max_retries + 1}",
        WaitingFor.RESUME: "for a tick that goes on with it: it was handed back in the middle of its work",
        WaitingFor.PROVIDER: f"for its provider since {_at(facts, run.waiting_since or facts.now)}",
        WaitingFor.APPROVAL: "for somebody to approve a tool call",
        WaitingFor.BATCH: "for the answer to a message batch",
    }[WaitingFor(run.waiting_for or WaitingFor.RESUME)]
    if run.not_before is None:
        return f"{reason}."
    if run.not_before <= facts.now:
        return f"{reason}; its time has come, the next tick takes it up."
    return f"{reason}, at {_at(facts, run.not_before)} at the earliest, in {span(run.not_before - facts.now)}."


def _ended(facts: Facts, run: RunFacts) -> str:
    how = f"{run.state} ({run.error_class}): {_short(run.error)}" if run.error_class else run.state
    return f"{_named(facts, run)} was the last to end, at {_at(facts, run.finished_at or facts.now)}: {how}."


def _slots(facts: Facts) -> Iterator[str]:
    for slot in facts.slots:
        span_of_slots = _at(facts, slot.scheduled_time)
        if slot.until_time is not None and slot.slot_count > 1:
            span_of_slots += f" to {_at(facts, slot.until_time)} ({slot.slot_count} slots)"
        yield f"{span_of_slots}: {why(facts, slot)}."


def _policies(facts: Facts) -> Iterator[str]:
    task = facts.task
    if facts.step is None and task.watch_path is None:  # without slots nothing can be late or overlap
        late = LATE[Misfire(task.misfire)]
        yield f"{late[0].upper()}{late[1:]}{', as its store has it' if task.misfire_of_store else ''}."
        yield _OVERLAP[Overlap(task.overlap)]
    if task.watch_path is not None:
        yield explain_watch.policy(task)
    cost = _usd(task.budget_nanousd) if task.budget_nanousd else "any cost, because its model has no known price"
    yield f"A run may take {cost}, {task.max_turns} turns and {span(task.timeout_seconds)} of work."
    yield f"Retries of a run that failed: {retry.in_words(task.retries)}."


def _next(facts: Facts) -> Iterator[str]:
    yield from _when(facts)
    if facts.governed is not None and facts.governed.said is not None and facts.task.enabled:
        yield _decided(facts, facts.governed.said)


def _decided(facts: Facts, said: str) -> str:
    """Without the instant, if that is the one that stands right before it."""
    known = "" if facts.task.next_run_at is None else f"Next at {_at(facts, facts.task.next_run_at)}: "
    return f"Why then: {said.removeprefix(known)}" if known and said.startswith(known) else f"Decided was: {said}"


def _when(facts: Facts) -> Iterator[str]:
    task = facts.task
    if task.next_run_at is None:
        yield _no_time(facts)
    elif task.held:
        yield f"Next it looks at {_at(facts, task.next_run_at)} again, as soon as the open run has ended."
    elif task.next_run_at <= facts.now:
        yield f"It is due since {_at(facts, task.next_run_at)}: the next tick decides about it."
    else:
        yield f"It runs next at {_at(facts, task.next_run_at)}, in {span(task.next_run_at - facts.now)}."


def _no_time(facts: Facts) -> str:
    if facts.step is not None:
        return explain_step.coming(facts.step)
    if not facts.task.enabled:
        return "There is no next time while it is disabled."
    if facts.task.watch_path is not None:
        return explain_watch.coming(facts.task, has_open_run=bool(facts.open_runs))
    if facts.task.schedule_type == "once":
        return "There is no next time: it was to run once."
    return "There is no next time: it runs when somebody asks ('processor tasks run')."


def _at(facts: Facts, at: int) -> str:
    return moment(at, facts.task.timezone)


def _usd(amount_nanousd: int) -> str:
    return f"{amount_nanousd / NANO:.4f} USD"


def _short(text: str | None) -> str:
    line = " ".join(redacted(text or "it did not say why").split()).rstrip(".")
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1] + "…"
