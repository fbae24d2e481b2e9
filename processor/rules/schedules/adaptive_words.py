"""A governor's decision in words: when a task runs next, and why then."""

from collections.abc import Callable

from processor.rules.moments import moment
from processor.rules.schedules.adaptive import Decision, Source

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_Clock = Callable[[int], str]


def explain(decision: Decision, timezone: str | None = None) -> str:
    """One sentence for people; instants are shown in the IANA zone, in UTC where there is no such zone."""
    if decision.next_run_at is None:
        return "No next time: the task is disabled."

    def clock(at: int) -> str:
        return moment(at, timezone)

    return f"Next at {clock(decision.next_run_at)}: {_why(decision, clock)}."


def lasting(seconds: int) -> str:
    """`1 hour 30 minutes`, in the units that are needed."""
    parts, rest = list[str](), seconds
    for unit, length in _UNITS:
        number, rest = divmod(rest, length)
        if number:
            parts.append(f"{number} {unit}" if number == 1 else f"{number} {unit}s")
    return " ".join(parts) or "0 seconds"


def _why(decision: Decision, clock: _Clock) -> str:
    if decision.source is Source.PAUSED:
        return _paused(decision, clock)
    wanted = _wanted(decision, clock)
    if decision.source is Source.CLAMPED_TO_MIN:
        return f"{wanted}, which is too early: {_earliest(decision, clock)}"
    if decision.source is Source.CLAMPED_TO_MAX:
        return f"{wanted}, which is too late: {_latest(decision, clock)}"
    return wanted


def _wanted(decision: Decision, clock: _Clock) -> str:
    wish, proposal = decision.wish, decision.facts.proposal
    at = "a later time" if wish.at is None else clock(wish.at)
    if wish.source is Source.PROPOSAL and proposal is not None:
        return f"the agent asked for {'it' if wish.at == decision.next_run_at else at} ({proposal.reason})"
    shown = "" if wish.at == decision.next_run_at else f", {at}"
    return f"{_fallback(decision)}{shown}{_not_followed(decision, clock)}"


def _fallback(decision: Decision) -> str:
    if not decision.doublings:
        return "the baseline's next time"
    failures = decision.facts.failures
    why = "lately there was little to do"
    if failures:
        why = "the latest run failed" if failures == 1 else f"{failures} runs in a row failed"
    return f"{why}, so it waits for the {_numbered(2**decision.doublings)} time of the baseline"


def _numbered(power_of_two: int) -> str:
    return f"{power_of_two}nd" if power_of_two in (2, 32) else f"{power_of_two}th"


def _not_followed(decision: Decision, clock: _Clock) -> str:
    proposal = decision.facts.proposal
    if proposal is None:
        return ""
    if decision.lapsed and proposal.expires_at is not None:
        return f" (the agent's proposal of {clock(proposal.wanted_at)} held until {clock(proposal.expires_at)} only)"
    return f" (the agent's proposal of {clock(proposal.wanted_at)} is earlier)"


def _paused(decision: Decision, clock: _Clock) -> str:
    end = clock(max(decision.facts.now, decision.facts.paused_until or 0))
    if decision.next_run_at == decision.wish.at:
        return f"the baseline's first time after the pause that ends at {end}"
    return f"after the pause that ends at {end}, the nearest time to the baseline that the bounds allow"


def _earliest(decision: Decision, clock: _Clock) -> str:
    bounds = decision.bounds
    if bounds.earliest == decision.facts.now + 1:
        return "it runs as soon as it may"
    return f"it runs at most every {lasting(bounds.earliest - bounds.since)}, counted from {clock(bounds.since)}"


def _latest(decision: Decision, clock: _Clock) -> str:
    bounds = decision.bounds
    return f"it runs at least every {lasting(bounds.latest - bounds.since)}, counted from {clock(bounds.since)}"
