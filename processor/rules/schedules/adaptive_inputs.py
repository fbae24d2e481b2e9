"""What a decision was made of, as the JSON text that is stored with it: enough to make it again."""

import json
from typing import Any

from processor.rules.schedules.adaptive import Adaptive, Facts, Fallback, Proposal, Result
from processor.rules.schedules.calendar import Calendar
from processor.rules.schedules.interval import Interval


def written(schedule: Adaptive, facts: Facts) -> str:
    """The inputs of `govern` as JSON."""
    return json.dumps({"schedule": _schedule(schedule), "facts": _facts(facts)}, ensure_ascii=False)


def read(text: str) -> tuple[Adaptive, Facts]:
    """The inputs that `written` wrote."""
    inputs = json.loads(text)
    schedule, facts = inputs["schedule"], inputs["facts"]
    proposal = facts.pop("proposal")
    results = tuple(Result(each) for each in facts.pop("results"))
    return (
        Adaptive(_baseline(schedule), schedule["min_seconds"], schedule["max_seconds"], Fallback(schedule["fallback"])),
        Facts(**facts, results=results, proposal=None if proposal is None else Proposal(**proposal)),
    )


def _schedule(schedule: Adaptive) -> dict[str, Any]:
    baseline = schedule.baseline
    if isinstance(baseline, Interval):
        kept: dict[str, Any] = {"every_seconds": baseline.every_seconds, "anchor": baseline.anchor}
    else:
        kept = {"expression": baseline.expression, "timezone": baseline.timezone}
    bounds = {"min_seconds": schedule.min_seconds, "max_seconds": schedule.max_seconds}
    return {"baseline": kept, **bounds, "fallback": schedule.fallback}


def _baseline(schedule: dict[str, Any]) -> Interval | Calendar:
    kept = schedule["baseline"]
    return Interval(**kept) if "anchor" in kept else Calendar(**kept)


def _facts(facts: Facts) -> dict[str, Any]:
    kept = {name: getattr(facts, name) for name in Facts.__slots__}
    proposal = facts.proposal
    if proposal is not None:
        kept["proposal"] = {name: getattr(proposal, name) for name in Proposal.__slots__}
    return kept
