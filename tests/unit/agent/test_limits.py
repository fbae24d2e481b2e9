import pytest

from processor.agent.conversation import Conversation
from processor.agent.limits import FEWEST_OUTPUT_TOKENS, LARGER_OUTPUT_TOKENS, TOOL_CALLS, CallPlan, plan_call
from processor.agent.outcome import Failed
from processor.llm.prices import shipped_prices
from processor.rules.run_state import ErrorClass
from tests.unit.agent.conversations import conversation, turn

CUT = turn(1, "max_tokens")


def plan(given: Conversation, *, costs: bool = True, seconds: float = 1_000) -> CallPlan:
    return plan_call(given, shipped_prices(), seconds, costs=costs)


def refusal(given: Conversation) -> ErrorClass:
    with pytest.raises(Failed) as raised:
        plan(given)
    return raised.value.error_class


def test_a_call_gets_what_the_request_allows() -> None:
    planned = plan(conversation())

    assert (planned.tool_choice, planned.max_tokens) == ("auto", 8_000)
    assert planned.estimated_nanousd > 8_000 * 500


def test_a_model_that_calls_nobody_costs_nothing() -> None:
    assert plan(conversation(), costs=False).estimated_nanousd == 0


def test_a_call_lasts_as_long_as_the_run_has_left() -> None:
    planned = plan(conversation(task={"timeout_seconds": 300}, active_ms=250_000))

    assert 49 < planned.timeout_seconds <= 50


def test_a_call_lasts_no_longer_than_the_tick() -> None:
    assert plan(conversation(), seconds=7.5).timeout_seconds == 7.5


def test_the_last_turn_and_a_full_count_of_tool_calls_leave_no_tools() -> None:
    assert plan(conversation(task={"max_turns": 1})).tool_choice == "none"
    assert plan(conversation(tool_call_count=TOOL_CALLS)).tool_choice == "none"
    assert plan(conversation(tool_call_count=TOOL_CALLS - 1)).tool_choice == "auto"


def test_no_turn_follows_the_last_one() -> None:
    assert refusal(conversation(turn_count=15)) is ErrorClass.TURN_LIMIT


def test_no_call_is_made_when_the_time_is_over() -> None:
    assert refusal(conversation(active_ms=300_000)) is ErrorClass.TIMED_OUT


def test_an_answer_that_was_cut_short_gets_more_room_once() -> None:
    assert plan(conversation(CUT)).max_tokens == LARGER_OUTPUT_TOKENS
    assert refusal(conversation(CUT, turn(2, "max_tokens"))) is ErrorClass.MAX_TOKENS


def test_the_room_is_the_usual_one_again_after_an_answer_that_fitted() -> None:
    assert plan(conversation(CUT, turn(2, "tool_use"))).max_tokens == 8_000
    assert plan(conversation(CUT, turn(2, "tool_use"), turn(3, "max_tokens"))).max_tokens == LARGER_OUTPUT_TOKENS


def test_the_larger_room_is_clamped_to_the_budget_too() -> None:
    assert plan(conversation(CUT, task={"budget_nanousd": 5_000_000})).max_tokens < 10_000


@pytest.mark.parametrize("spent", [0, 100_000, 700_000])
def test_what_a_call_may_cost_fits_into_what_is_left(spent: int) -> None:
    planned = plan(conversation(task={"budget_nanousd": 1_000_000}, cost_nanousd=spent))

    assert FEWEST_OUTPUT_TOKENS <= planned.max_tokens < 2_000
    assert planned.estimated_nanousd <= 1_000_000 - spent


@pytest.mark.parametrize("spent", [900_000, 1_000_000, 2_000_000])
def test_too_little_left_for_an_answer_ends_the_run(spent: int) -> None:
    assert refusal(conversation(task={"budget_nanousd": 1_000_000}, cost_nanousd=spent)) is ErrorClass.BUDGET_EXCEEDED
