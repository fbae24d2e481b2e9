from typing import Any

import pytest

from processor.models import Run
from tests.integration.agent.provider import answer, words
from tests.integration.llm.fault_server import FaultServer
from tests.world import World, call, calls, finishes, says

CARD = {"title": "Card"}


def executed(world: World, **fields: Any) -> Run:
    """The run of a task that is due, after one tick."""
    task_id = world.due_task(**fields)
    world.tick()
    return world.run(task_id)


def stops(run: Run, world: World) -> list[str | None]:
    return [turn.stop_reason for turn in world.turns(run.id)]


def test_a_tool_call_is_answered_and_the_conversation_goes_on(world: World) -> None:
    world.script(calls(call("create_card", **CARD)), says("The card is there."))

    run = executed(world)

    assert (run.state, run.output, run.turns, run.tool_calls) == ("succeeded", "The card is there.", 2, 1)
    assert stops(run, world) == ["tool_use", "end_turn"]
    assert world.titles() == ["Card"]


@pytest.mark.parametrize("reason", ["end_turn", "stop_sequence"])
def test_the_last_words_are_the_output_of_a_run_that_did_not_sum_up(world: World, reason: str) -> None:
    world.script(says("Nothing else to do.", stop_reason=reason))

    run = executed(world)

    assert (run.state, run.output, run.error_class) == ("succeeded", "Nothing else to do.", None)


def test_all_text_blocks_of_the_last_words_count_and_no_others(world: World) -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    texts = [{"type": "text", "text": text} for text in ("First.", "Second.")]
    world.script({"content": [texts[0], thought, texts[1]]})

    assert executed(world).output == "First.\nSecond."


def test_tool_calls_of_a_message_that_did_not_stop_for_them_do_not_run(world: World) -> None:
    world.script(calls(call("create_card", **CARD), stop_reason="end_turn"))

    run = executed(world)

    assert (run.state, run.tool_calls) == ("succeeded", 0)
    assert (world.titles(), world.tool_calls(run.id)) == ([], [])


def test_a_stop_for_a_tool_without_a_tool_call_fails(world: World) -> None:
    world.script(says("I call one now.", stop_reason="tool_use"))

    run = executed(world, max_retries=0)

    assert (run.state, run.error_class) == ("failed", "model_error")


@pytest.mark.parametrize("reason", ["pause_turn", "compaction"])
def test_a_paused_turn_is_sent_again_as_it_came(world: World, faults: FaultServer, reason: str) -> None:
    searching = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "ü"}}
    faults.answers = [answer(searching, stop_reason=reason), answer(words("Found."))]
    world.set(model="anthropic")

    run = executed(world)

    assert (run.state, run.output) == ("succeeded", "Found.")
    first, second = (request["messages"] for request in faults.requests)
    assert second == [*first, {"role": "assistant", "content": [searching]}]


@pytest.mark.parametrize(("pauses", "state"), [(5, "succeeded"), (6, "failed")])
def test_a_model_may_pause_five_times_in_a_row(world: World, pauses: int, state: str) -> None:
    world.script(*[says("Wait.", stop_reason="pause_turn")] * pauses, finishes())

    run = executed(world, max_retries=0)

    assert run.state == state
    assert len(world.turns(run.id)) == min(pauses + 1, 6)
    if state == "failed":
        assert run.error_class == "stuck"


def test_pauses_with_work_between_them_may_be_many(world: World) -> None:
    paused = [says("Wait.", stop_reason="pause_turn")] * 4
    world.script(*paused, calls(call("create_card", **CARD)), *paused, finishes())

    assert executed(world).state == "succeeded"


def test_an_answer_that_was_cut_short_runs_no_tools_and_is_asked_for_once_more(
    world: World, faults: FaultServer
) -> None:
    cut = answer(call("create_card", title="Half a"), stop_reason="max_tokens")
    faults.answers = [cut, answer(call("create_card", **CARD)), answer(words("There."))]
    world.set(model="anthropic")

    run = executed(world)

    assert (run.state, world.titles()) == ("succeeded", ["Card"])
    assert stops(run, world) == ["max_tokens", "tool_use", "end_turn"]
    assert [request["max_tokens"] for request in faults.requests] == [8_000, 16_000, 8_000]
    assert faults.requests[1]["messages"] == faults.requests[0]["messages"]
    assert [each.turn for each in world.tool_calls(run.id)] == [2]


def test_an_answer_that_is_cut_short_twice_fails(world: World, faults: FaultServer) -> None:
    faults.answers = [answer(call("create_card", **CARD), stop_reason="max_tokens")]
    world.set(model="anthropic")

    run = executed(world)

    assert (run.state, run.error_class) == ("failed", "max_tokens")
    assert (len(faults.requests), world.titles()) == (2, [])


@pytest.mark.parametrize(
    ("reason", "error_class"),
    [
        ("refusal", "refusal"),
        ("model_context_window_exceeded", "context_window_exceeded"),
    ],
)
def test_a_refusal_is_final_and_runs_no_tools(world: World, reason: str, error_class: str) -> None:
    world.script({"content": [words("I cannot."), call("create_card", **CARD)], "stop_reason": reason})

    run = executed(world, max_retries=3)

    assert (run.state, run.error_class, run.attempt) == ("failed", error_class, 1)
    assert run.output == "I cannot."
    assert world.titles() == []


@pytest.mark.parametrize("reason", ["brand_new", None])
def test_a_stop_reason_that_nobody_knows_runs_no_tools_and_fails(world: World, reason: str | None) -> None:
    world.script(calls(call("create_card", **CARD), stop_reason=reason))

    run = executed(world, max_retries=3)

    assert (run.state, run.error_class, run.attempt) == ("failed", "model_error", 1)
    assert str(reason) in str(run.error)
    assert world.titles() == []


@pytest.mark.parametrize(
    ("status", "state"), [("done", "succeeded"), ("nothing_to_do", "succeeded"), ("failed", "failed")]
)
def test_finish_run_ends_the_run_with_its_summary(world: World, status: str, state: str) -> None:
    world.script(finishes(status, "  What I did. "), says("Never said"))

    run = executed(world, max_retries=0)

    assert (run.state, run.output, run.turns) == (state, "What I did.", 1)
    if state == "failed":
        assert (run.error_class, run.error) == ("task_failed", "What I did.")


def test_finish_run_beside_other_calls_ends_the_run_after_them(world: World) -> None:
    both = (call("finish_run", status="done", summary="Done."), call("create_card", **CARD))
    world.script(calls(*both), says("Never said"))

    run = executed(world)

    assert (run.state, run.output, run.tool_calls) == ("succeeded", "Done.", 2)
    assert world.titles() == ["Card"]


def test_finish_run_with_wrong_arguments_is_only_answered(world: World) -> None:
    world.script(calls(call("finish_run", status="perhaps", summary="Done.")), finishes(summary="Now right."))

    run = executed(world)

    assert (run.state, run.output, run.turns) == ("succeeded", "Now right.", 2)
