import pytest

from processor.rules.run_state import LIVE, OPEN, TERMINAL, TRANSITIONS, RunState, may_become


def test_every_state_has_its_line_in_the_table() -> None:
    assert set(TRANSITIONS) == set(RunState)


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_a_run_that_ended_never_changes(state: RunState) -> None:
    assert not any(may_become(state, other) for other in RunState)


@pytest.mark.parametrize(
    ("state", "others"),
    [
        ("queued", {"running", "cancelled"}),
        ("running", {"running", "waiting", "succeeded", "failed", "cancelled"}),
        ("waiting", {"running", "failed", "cancelled"}),
    ],
)
def test_an_open_run_may_become_just_these(state: str, others: set[str]) -> None:
    assert {other.value for other in RunState if may_become(RunState(state), other)} == others


def test_every_state_can_be_reached_from_queued() -> None:
    reached = {RunState.QUEUED}
    for _ in RunState:
        reached |= {after for before in reached for after in TRANSITIONS[before]}
    assert reached == set(RunState)


def test_a_run_is_open_until_it_ended() -> None:
    assert set(RunState) == OPEN | TERMINAL
    assert not OPEN & TERMINAL
    assert {RunState.QUEUED} == OPEN - LIVE
