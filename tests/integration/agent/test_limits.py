import json
from typing import Any

import pytest

from processor.agent.limits import TOOL_CALLS
from processor.models import Run
from tests.integration.agent.provider import answer, words
from tests.integration.llm.fault_server import Answer, FaultServer
from tests.world import World, call, calls, finishes, says

CARD = {"title": "Card"}


def executed(world: World, **fields: Any) -> Run:
    task_id = world.due_task(**fields)
    world.tick()
    return world.run(task_id)


@pytest.fixture
def real(world: World, faults: FaultServer) -> FaultServer:
    """The real client, before the server that answers as the test says."""
    world.set(model="anthropic")
    return faults


def test_on_the_last_turn_the_agent_must_sum_up(world: World, real: FaultServer) -> None:
    real.answers = [answer(call("list_cards")), answer(call("create_card", **CARD)), answer(words("That is all."))]

    run = executed(world, max_turns=3)

    assert (run.state, run.output) == ("succeeded", "That is all.")
    assert [request["tool_choice"]["type"] for request in real.requests] == ["auto", "auto", "none"]


def test_a_run_that_goes_on_after_its_last_turn_fails(world: World, real: FaultServer) -> None:
    real.answers = [answer(call("create_card", title=title)) for title in ("One", "Two", "Three")]

    run = executed(world, max_turns=2)

    assert (run.state, run.error_class, run.turns) == ("failed", "turn_limit", 2)
    assert "--max-turns" in str(run.error)
    assert len(real.requests) == 2


def test_beyond_the_limit_of_tool_calls_none_is_done_and_the_agent_must_sum_up(world: World, real: FaultServer) -> None:
    def many(number: int) -> Answer:
        return answer(*[call("create_card", title=f"Card {number}") for number in range(number)])

    real.answers = [many(TOOL_CALLS - 1), many(2), answer(words("Enough."))]

    run = executed(world)

    assert (run.state, run.output, run.tool_calls) == ("succeeded", "Enough.", TOOL_CALLS + 1)
    assert len(world.titles()) == TOOL_CALLS - 1
    assert [request["tool_choice"]["type"] for request in real.requests] == ["auto", "auto", "none"]
    refused = real.requests[2]["messages"][-1]["content"]
    assert len(refused) == 2
    assert all(each["is_error"] and "sum up" in each["content"] for each in refused)
    assert [each.state for each in world.tool_calls(run.id)[-2:]] == ["denied", "denied"]


def test_exactly_as_many_tool_calls_as_are_allowed_are_done(world: World) -> None:
    uses = [call("create_card", title=f"Card {number}") for number in range(TOOL_CALLS)]
    world.script(calls(*uses), says("Done."))

    assert executed(world).state == "succeeded"
    assert len(world.titles()) == TOOL_CALLS


def test_an_answer_may_not_be_longer_than_the_budget_pays_for(world: World, real: FaultServer) -> None:
    run = executed(world, budget_usd="0.001")

    (request,) = real.requests
    assert 256 <= request["max_tokens"] < 2_000  # 0.001 USD are 2,000 tokens of output, less what the prompt costs
    (booked,) = world.model_calls(run.id)
    assert 0 < booked.estimated_nanousd <= 1_000_000
    assert run.state == "succeeded"


def test_what_was_spent_leaves_less_for_the_next_answer(world: World, real: FaultServer) -> None:
    usage = {"input_tokens": 1_000, "output_tokens": 1_000}
    real.answers = [answer(call("list_cards"), usage=usage), answer(words("Done."))]

    run = executed(world, budget_usd="0.0015")

    first, second = (request["max_tokens"] for request in real.requests)
    assert second < first - 900
    assert run.cost_nanousd == 1_000 * 100 + 1_000 * 500 + 12 * 100 + 3 * 500


def test_a_call_that_could_exceed_the_budget_is_not_made(world: World, real: FaultServer) -> None:
    usage = {"input_tokens": 10, "output_tokens": 1_900}
    real.answers = [answer(call("create_card", **CARD), usage=usage)]

    run = executed(world, budget_usd="0.001")

    assert (run.state, run.error_class, run.attempt) == ("failed", "budget_exceeded", 1)
    assert "--budget-usd" in str(run.error)
    assert len(real.requests) == 1
    assert run.cost_nanousd <= 1_000_000
    assert world.titles() == ["Card"], "what the answer asked for was paid for, and is done"


def test_a_budget_that_pays_for_no_answer_at_all_spends_nothing(world: World, real: FaultServer) -> None:
    run = executed(world, budget_usd="0.0001")

    assert (run.state, run.error_class, run.cost_nanousd) == ("failed", "budget_exceeded", 0)
    assert real.requests == []
    assert world.model_calls(run.id) == []


def test_a_model_without_a_known_price_has_no_budget(world: World, real: FaultServer) -> None:
    run = executed(world, model="llama-local")

    assert (run.state, run.cost_nanousd) == ("succeeded", 0)
    assert real.requests[0]["max_tokens"] == 8_000
    assert real.requests[0]["model"] == "llama-local"


def test_a_run_whose_time_is_over_fails_and_is_not_started_again(world: World, real: FaultServer) -> None:
    real.answers = [Answer(held=True)]

    run = executed(world, timeout_seconds=1, max_retries=3)

    assert (run.state, run.error_class, run.attempt) == ("failed", "timed_out", 1)
    assert run.active_ms >= 1_000


def test_a_call_that_we_cut_is_booked_as_if_it_was_paid_for(world: World, real: FaultServer) -> None:
    real.answers = [Answer(held=True)]

    run = executed(world, timeout_seconds=1)

    (booked,) = world.model_calls(run.id)
    assert booked.state == "lost"
    assert 0 < booked.estimated_nanousd == booked.cost_nanousd == run.cost_nanousd


def test_time_worked_in_earlier_ticks_counts(world: World) -> None:
    task_id = world.due_task(timeout_seconds=60)
    world.script(finishes())
    world.tick(max_runs=0)
    world.change(world.run(task_id), active_ms=60_001)

    world.tick()

    run = world.run(task_id)
    assert (run.state, run.error_class, run.turns) == ("failed", "timed_out", 0)


def test_turns_and_calls_are_counted_in_the_runs_row(world: World, real: FaultServer) -> None:
    usage = {"input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": 11}
    real.answers = [answer(call("list_cards"), call("create_card", **CARD), usage=usage), answer(words("Done."))]

    run = executed(world)

    assert (run.turns, run.tool_calls, run.input_tokens, run.output_tokens) == (2, 2, 5 + 11 + 12, 7 + 3)
    assert run.model == "claude-haiku-5-5"
    assert run.cost_nanousd == 5 * 100 + 7 * 500 + 11 * 10 + 12 * 100 + 3 * 500


def test_the_ticks_report_adds_up_what_its_runs_cost(world: World, real: FaultServer) -> None:
    for _ in range(2):
        world.due_task()

    report = world.tick()

    assert (report.input_tokens, report.output_tokens) == (24, 6)
    assert report.cost_usd == pytest.approx(2 * (12 * 100 + 3 * 500) / 1e9)
    assert json.loads(world.ticks()[0].counts)["cost_usd"] == report.cost_usd
