"""Why a run would start now, or a slot would not become one: a clause made of nothing but facts."""

from dataclasses import dataclass

from processor.reports.explain import LATE, SKIPPED
from processor.rules.disposition import Disposition, Misfire
from processor.rules.moments import moment, span
from processor.rules.run_state import RunState, Trigger, WaitingFor

MINUTE = 60


@dataclass(frozen=True, slots=True)
class DueSlot:
    """A slot that a tick would account for now; instants are epoch seconds."""

    at: int
    now: int
    window_seconds: int
    misfire: str
    timezone: str | None = None
    held_slot: int | None = None

    @property
    def late_seconds(self) -> int:
        return self.now - self.at

    @property
    def waited(self) -> bool:
        """It was on time while a run was in its way."""
        return self.held_slot is not None and self.held_slot - self.window_seconds < self.at <= self.held_slot


@dataclass(frozen=True, slots=True)
class Step:
    """A run's place in a pass through a job's order."""

    job_name: str
    pass_number: int
    index: int
    total: int


@dataclass(frozen=True, slots=True)
class ReadyRun:
    """A run that a tick would take up now; instants are epoch seconds."""

    state: str
    trigger: str
    queued_at: int
    attempt: int = 0
    max_retries: int = 0
    waiting_for: str | None = None
    waiting_since: int | None = None
    lease_expires_at: int | None = None
    scheduled_time: int | None = None
    rerun_of: str | None = None
    timezone: str | None = None
    step: Step | None = None


def why_claimed(slot: DueSlot) -> str:
    """Why a tick would make a run for the slot."""
    if not slot.waited and slot.late_seconds > slot.window_seconds:
        return f"missed at {moment(slot.at, slot.timezone)}, caught up by its misfire policy {slot.misfire}"
    return f"its slot {_standing(slot)}"


def why_first_step(job_name: str, slot: DueSlot) -> str:
    """Why a tick would begin a pass through the job for the slot."""
    return f"first step of job '{job_name}', whose slot {_standing(slot)}"


def why_ready(run: ReadyRun) -> str:
    """Why a tick would take up the run."""
    if run.state == RunState.QUEUED:
        return _why_queued(run)
    if run.state == RunState.RUNNING:
        reason = f"its worker went silent at {moment(run.lease_expires_at or run.queued_at, run.timezone)}"
    else:
        reason = _why_resumed(run)
    return reason if run.step is None else f"{reason}, {_place(run.step)}"


def why_by_hand(rerun_of: str | None) -> str:
    """Why a run starts that somebody asks for, which may repeat another one."""
    return "asked for by hand" if rerun_of is None else f"asked for by hand, repeats run {rerun_of}"


def why_passed_over(disposition: str, slot: DueSlot) -> str:
    """Why a due slot becomes no run."""
    if disposition == Disposition.MISSED:
        late, on_time = span(slot.late_seconds), span(slot.window_seconds)
        return f"missed: {late} late, on time is {on_time}; {LATE[Misfire(slot.misfire)]}"
    return SKIPPED[Disposition(disposition)]


def _standing(slot: DueSlot) -> str:
    when = moment(slot.at, slot.timezone)
    if slot.waited:
        return f"{when} waited for the run before it"
    if slot.late_seconds > slot.window_seconds:
        return f"{when} was missed, caught up by the misfire policy {slot.misfire}"
    if slot.late_seconds < MINUTE:
        return f"{when} is due"
    return f"{when} is {span(slot.late_seconds)} late, still on time"


def _why_queued(run: ReadyRun) -> str:
    if run.step is not None:
        return _place(run.step)
    if run.rerun_of is not None:
        return why_by_hand(run.rerun_of)
    slot = "" if run.scheduled_time is None else moment(run.scheduled_time, run.timezone)
    claimed = f"was claimed at {moment(run.queued_at, run.timezone)}, and waits for its start"
    return {
        Trigger.SCHEDULE: f"its slot {slot} {claimed}",
        Trigger.ADAPTIVE: f"its time {slot} {claimed}",
        Trigger.BACKFILL: f"a backfill asked for its slot {slot}",
        Trigger.FILE_WATCH: "a watched file changed",
        Trigger.JOB: "it is the turn of its step",
        Trigger.MANUAL: why_by_hand(None),
    }[Trigger(run.trigger)]


def _why_resumed(run: ReadyRun) -> str:
    since = moment(run.waiting_since or run.queued_at, run.timezone)
    return {
        WaitingFor.RETRY: f"retry {run.attempt} of {run.max_retries} is due",
        WaitingFor.RESUME: f"handed back at {since}, at the end of a tick or by a signal",
        WaitingFor.PROVIDER: f"its provider, which it waits for since {since}, is asked again",
        WaitingFor.APPROVAL: "its approval was decided, or has run out",
        WaitingFor.BATCH: "its message batch is looked at",
    }[WaitingFor(run.waiting_for or WaitingFor.RESUME)]


def _place(step: Step) -> str:
    return f"step {step.index}/{step.total} of pass {step.pass_number} of job '{step.job_name}'"
