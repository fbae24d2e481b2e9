"""A month of an adaptive task, by the rules alone: each slot taken, each run ended, each next time decided."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from processor.rules.schedules.adaptive import (
    RESULTS_CONSIDERED,
    Adaptive,
    Decision,
    Facts,
    Fallback,
    Proposal,
    Result,
    Source,
    failures_in_a_row,
    govern,
)
from processor.rules.schedules.adaptive_inputs import read, written
from processor.rules.schedules.adaptive_words import explain
from processor.rules.schedules.calendar import Calendar
from processor.rules.schedules.interval import Interval
from tests.unit.rules.schedules.histories import DAY, HOUR, MINUTE, MONDAY

MONTH = 30 * DAY
RUN_SECONDS = 4 * MINUTE
LEAST, MOST = 30 * MINUTE, DAY
EVERY_TWO_HOURS = Adaptive(Interval(2 * HOUR, MONDAY), LEAST, MOST)
OFFICE_HOURS = Adaptive(Calendar("0 9-17 * * 1-5", "Europe/Berlin"), LEAST, MOST)

Proposer = Callable[[int, random.Random], tuple[int, int | None] | None]
"""Takes the moment and gives what is wanted, and until when that holds; or nothing."""


def well(now: int, chance: random.Random) -> tuple[int, int | None]:
    return now + chance.randrange(HOUR, 20 * HOUR), None


def badly(now: int, chance: random.Random) -> tuple[int, int | None]:
    return now + chance.choice([MINUTE, 9 * DAY]), None


def nothing(now: int, chance: random.Random) -> None:
    return None


def nonsense(now: int, chance: random.Random) -> tuple[int, int | None]:
    return chance.randrange(-DAY, 2 * now), chance.choice([None, now, now + chance.randrange(DAY)])


@dataclass
class Life:
    """What happened; `taken` are the slots in their order."""

    schedule: Adaptive
    results: list[Result] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def decide(self, now: int, proposal: Proposal | None) -> int:
        results = tuple(self.results[-RESULTS_CONSIDERED:])
        last_slot = self.taken[-1] if self.taken else MONDAY
        facts = Facts(now, last_slot, proposal, results, failures_in_a_row(results))
        decision = govern(self.schedule, facts)
        self.decisions.append(decision)
        assert decision.next_run_at is not None
        return decision.next_run_at

    def gaps(self) -> Iterator[int]:
        return (b - a for a, b in zip(self.taken, self.taken[1:], strict=False))


def lived(schedule: Adaptive, proposer: Proposer, result: Callable[[random.Random], Result], seed: int = 1) -> Life:
    """A slot is taken and the next one decided at once; then its run ends, with a proposal or without."""
    life, chance = Life(schedule), random.Random(seed)
    at = life.decide(MONDAY, None)
    while at < MONDAY + MONTH:
        life.taken.append(at)
        assert life.decide(at, None) > at
        ended = at + RUN_SECONDS
        life.results.append(result(chance))
        wanted = proposer(ended, chance)
        proposal = None if wanted is None else Proposal("id", wanted[0], "so it seems", wanted[1])
        at = life.decide(ended, proposal)
    return life


def done(_: random.Random) -> Result:
    return Result.DONE


def any_result(chance: random.Random) -> Result:
    return chance.choice([Result.DONE, Result.DONE, Result.NOTHING_TO_DO, Result.FAILED])


@pytest.mark.parametrize("schedule", [EVERY_TWO_HOURS, OFFICE_HOURS], ids=["interval", "calendar"])
@pytest.mark.parametrize("fallback", Fallback)
@pytest.mark.parametrize("proposer", [well, badly, nothing, nonsense])
def test_in_a_month_each_next_time_is_within_bounds_explained_and_can_be_decided_again(
    schedule: Adaptive, fallback: Fallback, proposer: Proposer
) -> None:
    governed = Adaptive(schedule.baseline, LEAST, MOST, fallback)
    life = lived(governed, proposer, any_result)
    assert len(life.taken) >= 30
    assert all(LEAST <= gap <= MOST for gap in life.gaps())
    for decision in life.decisions:
        assert govern(*read(written(governed, decision.facts))) == decision
        assert explain(decision).startswith("Next at 2026-1")


def test_good_proposals_are_followed_to_the_second() -> None:
    life = lived(EVERY_TWO_HOURS, well, done)
    ends = [decision for decision in life.decisions if decision.facts.proposal is not None]
    assert {decision.source for decision in ends} == {Source.PROPOSAL}


def test_bad_proposals_are_brought_to_the_bounds() -> None:
    life = lived(EVERY_TWO_HOURS, badly, done)
    assert {*life.gaps()} == {LEAST, MOST}


def test_with_no_proposals_the_rhythm_of_the_baseline_holds() -> None:
    assert {*lived(EVERY_TWO_HOURS, nothing, done).gaps()} == {2 * HOUR}
    office = lived(OFFICE_HOURS, nothing, done)
    on_the_calendar = [each for each in office.taken if [*OFFICE_HOURS.baseline.slots(each - 1, each)]]
    sources = Counter(decision.source for decision in office.decisions)
    assert len(on_the_calendar) == 22 * 9 - 1
    assert sources.keys() == {Source.BASELINE, Source.CLAMPED_TO_MAX}
    assert len(office.taken) - len(on_the_calendar) == 2 * 4


def test_quiet_weeks_stretch_the_rhythm_to_the_longest_interval_and_work_brings_it_back() -> None:
    results = iter([Result.NOTHING_TO_DO] * 8 + [Result.DONE] * 1_000)
    schedule = Adaptive(EVERY_TWO_HOURS.baseline, LEAST, MOST, Fallback.RECENT)
    gaps = [*lived(schedule, nothing, lambda _: next(results)).gaps()]
    hours = [gap // HOUR for gap in gaps[:17]]
    assert hours == [4, 8, 16, 24, 24, 24, 24, 24, 24, 24, 24, 24, 16, 8, 4, 2, 2]


def test_failures_stretch_it_and_the_first_success_ends_that() -> None:
    results = iter([Result.FAILED] * 5 + [Result.DONE] * 1_000)
    gaps = [*lived(EVERY_TWO_HOURS, nothing, lambda _: next(results)).gaps()]
    assert [gap // HOUR for gap in gaps[:7]] == [4, 8, 16, 24, 24, 2, 2]
