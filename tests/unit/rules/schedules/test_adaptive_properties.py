"""What holds for every decision of the governor, whatever the history."""

from dataclasses import replace

from hypothesis import assume, given

from processor.rules.schedules.adaptive import Adaptive, Facts, Source, govern
from processor.rules.schedules.adaptive_inputs import read, written
from processor.rules.schedules.adaptive_words import explain
from tests.unit.rules.schedules.histories import adaptives, histories

ON_THE_BASELINE = {Source.BASELINE, Source.FALLBACK, Source.BACKOFF, Source.EXPIRED}


def after(facts: Facts) -> int:
    return max(facts.now, facts.paused_until or 0)


@given(adaptives(), histories)
def test_every_next_time_lies_ahead_and_within_the_bounds_which_win_over_everything(
    schedule: Adaptive, facts: Facts
) -> None:
    at = govern(schedule, facts).next_run_at
    assume(at is not None)
    assert at is not None
    since, floor = facts.last_slot, after(facts)
    assert at > facts.now
    assert at >= since + schedule.min_seconds or since + schedule.max_seconds <= floor
    assert at <= max(since, floor) + schedule.max_seconds
    if max(since + schedule.min_seconds, floor + 1) <= since + schedule.max_seconds:
        assert since + schedule.min_seconds <= at <= since + schedule.max_seconds


@given(adaptives(), histories)
def test_a_decision_can_be_made_again_from_its_inputs(schedule: Adaptive, facts: Facts) -> None:
    assert read(written(schedule, facts)) == (schedule, facts)
    assert govern(*read(written(schedule, facts))) == govern(schedule, facts)


@given(adaptives(), histories)
def test_a_slot_of_the_baseline_is_one(schedule: Adaptive, facts: Facts) -> None:
    decision = govern(schedule, facts)
    assume(decision.source in ON_THE_BASELINE)
    at = decision.next_run_at
    assert at is not None
    assert [*schedule.baseline.slots(at - 1, at)] == [at]


@given(adaptives(), histories)
def test_what_is_called_a_proposal_is_the_very_time_that_was_asked_for(schedule: Adaptive, facts: Facts) -> None:
    decision = govern(schedule, facts)
    proposal = facts.proposal
    if decision.source is Source.PROPOSAL:
        assert proposal is not None
        assert decision.next_run_at == proposal.wanted_at
    if decision.followed and proposal is not None:
        assert (
            proposal.expires_at is None or decision.next_run_at is None or decision.next_run_at <= proposal.expires_at
        )


@given(adaptives(), histories)
def test_what_is_called_clamped_lies_at_the_edge_that_it_names(schedule: Adaptive, facts: Facts) -> None:
    decision = govern(schedule, facts)
    wanted = decision.wish.at
    if decision.source is Source.CLAMPED_TO_MIN:
        assert wanted is not None
        assert wanted < decision.bounds.earliest == decision.next_run_at
    if decision.source is Source.CLAMPED_TO_MAX:
        assert decision.next_run_at == decision.bounds.latest
        assert wanted is None or wanted > decision.bounds.latest


@given(adaptives(), histories)
def test_a_pause_or_a_switch_is_named_only_where_it_matters(schedule: Adaptive, facts: Facts) -> None:
    decision = govern(schedule, facts)
    without = govern(schedule, replace(facts, paused_until=None, enabled=True))
    assert (decision.next_run_at is None) == (not facts.enabled)
    if decision.source is Source.PAUSED and facts.enabled:
        assert facts.paused_until is not None
        assert without.next_run_at is not None
        assert decision.next_run_at is not None
        assert without.next_run_at <= facts.paused_until < decision.next_run_at
    if decision.source is not Source.PAUSED:
        assert decision == replace(without, facts=facts)


@given(adaptives(), histories)
def test_a_failure_more_never_makes_it_sooner(schedule: Adaptive, facts: Facts) -> None:
    decisions = [govern(schedule, replace(facts, failures=failures)).next_run_at for failures in range(12)]
    ahead = [at for at in decisions if at is not None]
    assert ahead == sorted(ahead)


@given(adaptives(), histories)
def test_every_decision_is_explained_in_one_line(schedule: Adaptive, facts: Facts) -> None:
    reasons = facts if facts.proposal is None else replace(facts, proposal=replace(facts.proposal, reason="Because"))
    said = explain(govern(schedule, reasons), "Europe/Berlin")
    assert said.startswith(("Next at ", "No next time"))
    assert said.endswith(".")
    assert "\n" not in said
