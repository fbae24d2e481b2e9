"""When a task runs next whose agent may say so: a baseline, bounds, and a governor that decides between them.

1. The bounds are [last + min, last + max], where `last` is the task's last slot, whatever became of it, or the
   beginning of its schedule. They win over everything: a proposal, the baseline, a calendar that leaves a longer gap.
2. The next time is later than now, and later than the end of a pause. Where that leaves nothing of the bounds (an
   outage, a long pause), they count anew: the next time is at most `max` later than now, or than that end.
3. The baseline wants its first slot after `last`. Where that is too early, it wants the first that is not.
4. Each failure in a row doubles the count of baseline slots to go; so does, under the fallback `recent`, each run that
   found nothing to do, and each that did work halves it again. It never falls below one, nor beyond the bounds.
5. An open proposal takes the place of the baseline, unless it ran out, would run out before its time came, or asks for
   less than the failures do.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from processor.errors import InvalidSchedule
from processor.rules.schedules.calendar import Calendar
from processor.rules.schedules.interval import Interval

RESULTS_CONSIDERED = 20
"""How many of the latest ended runs the fallback `recent` looks at."""
MOST_DOUBLINGS = 10
"""A task goes on after 1,024 slots of its baseline at the latest."""


class Fallback(StrEnum):
    """What the next time follows when there is no usable proposal."""

    BASELINE = "baseline"  # the baseline as it is
    RECENT = "recent"  # the baseline, less often the more runs found nothing to do


class Result(StrEnum):
    """What a run that ended was good for."""

    DONE = "done"  # it succeeded, and there was work
    NOTHING_TO_DO = "nothing_to_do"  # it succeeded, and said that nothing called for action
    FAILED = "failed"  # it failed, with all its retries


class Source(StrEnum):
    """Where a next time comes from."""

    BASELINE = "baseline"  # a slot of the baseline
    PROPOSAL = "proposal"  # what the agent asked for
    CLAMPED_TO_MIN = "clamped_to_min"  # the earliest that the bounds allow
    CLAMPED_TO_MAX = "clamped_to_max"  # the latest that the bounds allow
    PAUSED = "paused"  # the first after a pause, or none because the task is disabled
    EXPIRED = "expired"  # a slot of the fallback, because the proposal ran out before it was used
    FALLBACK = "fallback"  # a later slot of the baseline, because there was little to do lately
    BACKOFF = "backoff"  # a later slot of the baseline, because of failures in a row


@dataclass(frozen=True, slots=True)
class Adaptive:
    """A baseline and the bounds of what may be made of it; `checked` reads what people wrote."""

    baseline: Interval | Calendar
    min_seconds: int
    max_seconds: int
    fallback: Fallback = Fallback.BASELINE

    def describe(self) -> str:
        baseline = self.baseline.describe()
        least, most = (Interval(seconds, 0).describe().lower() for seconds in (self.min_seconds, self.max_seconds))
        return f"Adaptive: {baseline[0].lower()}{baseline[1:]}, at most {least} and at least {most}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an agent asked for; instants are epoch seconds."""

    id: str
    wanted_at: int
    reason: str
    expires_at: int | None = None
    """The last moment at which it may be used; None: it waits until it is."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision depends on beside the schedule; instants are epoch seconds."""

    now: int
    last_slot: int
    """The task's last slot, whatever became of it, or the beginning of its schedule."""
    proposal: Proposal | None = None
    results: tuple[Result, ...] = ()
    """Of the latest runs that ended, oldest first."""
    failures: int = 0
    """How many of them failed in a row up to the latest."""
    paused_until: int | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the next time may lie, both ends included; `since` is what they count from."""

    since: int
    earliest: int
    latest: int

    def clamp(self, at: int | None) -> int:
        """The nearest moment within; None stands for one that is later."""
        return self.latest if at is None else min(max(at, self.earliest), self.latest)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the next time would be without bounds; `at` None lies beyond them."""

    at: int | None
    source: Source


@dataclass(frozen=True, slots=True)
class Decision:
    """The next time, where it comes from, and what was considered."""

    next_run_at: int | None
    """None where the task is disabled."""
    source: Source
    wish: Wish
    bounds: Bounds
    facts: Facts
    doublings: int = 0
    """How often the count of baseline slots to go was doubled."""
    lapsed: bool = False
    """The proposal ran out, or would before its time comes: it is not considered again."""

    @property
    def followed(self) -> bool:
        """The proposal is what the next time was made of, within the bounds or at their edge."""
        return self.wish.source is Source.PROPOSAL


def checked(baseline: Interval | Calendar, min_seconds: int, max_seconds: int, fallback: str) -> Adaptive:
    """Build the schedule that a person asked for.

    Raises:
        InvalidSchedule: the bounds contradict each other or an interval baseline, or there is no such fallback.

    """
    if min_seconds > max_seconds:
        raise InvalidSchedule(
            "The shortest interval is longer than the longest: swap --min-interval and --max-interval"
        )
    if isinstance(baseline, Interval) and not min_seconds <= baseline.every_seconds <= max_seconds:
        raise InvalidSchedule("The baseline of --every lies outside --min-interval and --max-interval: widen them")
    if fallback not in set(Fallback):
        raise InvalidSchedule(f"The fallback {fallback[:40]!r} is not known: use one of {', '.join(Fallback)}")
    return Adaptive(baseline, min_seconds, max_seconds, Fallback(fallback))


def govern(schedule: Adaptive, facts: Facts) -> Decision:
    """Decide when the task runs next; the same facts give the same decision."""
    bounds = bounds_of(schedule, facts.last_slot, facts.now)
    if not facts.enabled:
        return Decision(None, Source.PAUSED, Wish(None, Source.PAUSED), bounds, facts)
    decision = _unpaused(schedule, facts, bounds)
    if facts.paused_until is None or decision.next_run_at is None or decision.next_run_at > facts.paused_until:
        return decision
    return _after_pause(schedule, decision, max(facts.now, facts.paused_until))


def bounds_of(schedule: Adaptive, last_slot: int, after: int) -> Bounds:
    """The bounds of a next time later than `after`; where nothing is left of them, they count anew from there."""
    earliest, latest = max(last_slot + schedule.min_seconds, after + 1), last_slot + schedule.max_seconds
    if earliest <= latest:
        return Bounds(last_slot, earliest, latest)
    return Bounds(after, after + 1, after + schedule.max_seconds)


def failures_in_a_row(results: Iterable[Result]) -> int:
    """How many of these results, oldest first, failed in a row up to the latest."""
    failures = 0
    for result in results:
        failures = failures + 1 if result is Result.FAILED else 0
    return failures


def quiet_doublings(results: Iterable[Result]) -> int:
    """How often these results, oldest first, double the wait: once by each quiet run, undone by each busy one."""
    doublings = 0
    for result in results:
        if result is Result.NOTHING_TO_DO:
            doublings = min(doublings + 1, MOST_DOUBLINGS)
        elif result is Result.DONE:
            doublings = max(doublings - 1, 0)
    return doublings


def _unpaused(schedule: Adaptive, facts: Facts, bounds: Bounds) -> Decision:
    doublings = _doublings(schedule, facts)
    fallback_at = _baseline_slot(schedule.baseline, facts.last_slot, bounds, 2**doublings)
    proposal = facts.proposal
    lapsed = proposal is not None and _is_lapsed(proposal, bounds)
    if proposal is None or lapsed or (facts.failures and bounds.clamp(proposal.wanted_at) < bounds.clamp(fallback_at)):
        wish = Wish(fallback_at, _fallback_source(facts, doublings, lapsed=lapsed))
    else:
        wish = Wish(proposal.wanted_at, Source.PROPOSAL)
    at = bounds.clamp(wish.at)
    return Decision(at, _source(wish, at), wish, bounds, facts, doublings, lapsed)


def _after_pause(schedule: Adaptive, decision: Decision, pause_end: int) -> Decision:
    """The first slot of the baseline after the pause that the bounds allow then."""
    bounds = bounds_of(schedule, decision.facts.last_slot, pause_end)
    wish = Wish(_baseline_slot(schedule.baseline, pause_end, bounds, 1), Source.PAUSED)
    return replace(decision, next_run_at=bounds.clamp(wish.at), source=Source.PAUSED, wish=wish, bounds=bounds)


def _doublings(schedule: Adaptive, facts: Facts) -> int:
    quiet = quiet_doublings(facts.results) if schedule.fallback is Fallback.RECENT else 0
    return min(quiet + facts.failures, MOST_DOUBLINGS)


def _baseline_slot(baseline: Interval | Calendar, last_slot: int, bounds: Bounds, number: int) -> int | None:
    """The slot of that number after the last one; where it is too early, the first that is not; None: none within."""
    slot = next(islice(baseline.slots(last_slot, bounds.latest), number - 1, None), None)
    if slot is None or slot >= bounds.earliest:
        return slot
    return next(iter(baseline.slots(bounds.earliest - 1, bounds.latest)), None)


def _is_lapsed(proposal: Proposal, bounds: Bounds) -> bool:
    return proposal.expires_at is not None and proposal.expires_at < bounds.clamp(proposal.wanted_at)


def _fallback_source(facts: Facts, doublings: int, *, lapsed: bool) -> Source:
    if facts.failures:
        return Source.BACKOFF
    if lapsed:
        return Source.EXPIRED
    return Source.FALLBACK if doublings else Source.BASELINE


def _source(wish: Wish, at: int) -> Source:
    if wish.at == at:
        return wish.source
    return Source.CLAMPED_TO_MIN if wish.at is not None and wish.at < at else Source.CLAMPED_TO_MAX
