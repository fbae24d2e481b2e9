import json

from processor.models import RunRequest
from tests.integration.agent.provider import answer, words
from tests.integration.llm.fault_server import GREETING, Answer, FaultServer, error_answer
from tests.world import World, call


def test_what_the_provider_sent_is_kept_byte_for_byte(world: World, faults: FaultServer) -> None:
    thought = {"type": "thinking", "thinking": "Hm \u2028 ü", "signature": "c2ln", "extra": None}
    odd = GREETING | {"content": [thought, call("create_card", title="Karte")], "stop_reason": "tool_use"}
    first = json.dumps(odd, indent=3).replace('"Karte"', '"\\u004barte", "description": "\\ud83d\\ude00 1.50"')
    second = json.dumps(GREETING, ensure_ascii=False, separators=(" ,", " : "))
    faults.answers = [Answer(body=first.encode()), Answer(body=second.encode())]
    task_id = world.due_task()
    world.set(model="anthropic")

    assert world.tick().succeeded == 1

    assert [turn.response for turn in world.turns(world.run(task_id).id)] == [first, second]


def test_the_history_is_sent_back_as_it_came(world: World, faults: FaultServer) -> None:
    thought = {"type": "thinking", "thinking": "Hm \u2028 ü", "signature": "c2ln", "extra": None}
    use = call("create_card", title="Karte")
    faults.answers = [answer(thought, use), answer(words("Done."))]
    task_id = world.due_task()
    world.set(model="anthropic")

    world.tick()

    first, second = (request["messages"] for request in faults.requests)
    assert second[:-1] == [*first, {"role": "assistant", "content": [thought, use]}]
    (turn, _) = world.turns(world.run(task_id).id)
    assert second[-1] == json.loads(str(turn.reply))
    (result,) = second[-1]["content"]
    assert (result["type"], result["tool_use_id"]) == ("tool_result", use["id"])


def test_the_frozen_request_is_what_is_sent(world: World, faults: FaultServer) -> None:
    task_id = world.due_task()
    world.set(model="anthropic")

    world.tick()

    (row,) = world.rows(RunRequest, run_id=world.run(task_id).id)
    frozen = json.loads(row.request)
    (sent,) = faults.requests
    assert {name: sent[name] for name in ("model", "system", "tools", "max_tokens")} == {
        name: frozen[name] for name in ("model", "system", "tools", "max_tokens")
    }
    assert sent["output_config"] == {"effort": frozen["effort"]}
    assert sent.keys() == {"model", "system", "tools", "max_tokens", "output_config", "tool_choice", "messages"}


def test_a_call_is_booked_before_it_is_made(world: World, faults: FaultServer) -> None:
    task_id = world.due_task()
    world.set(model="anthropic")
    booked: list[tuple[str, int, int]] = []
    begin = faults.begin

    def look(body: dict[str, object], headers: dict[str, str]) -> Answer:
        (row,) = world.model_calls(world.run(task_id).id)
        booked.append((row.state, row.turn, row.estimated_nanousd))
        return begin(body, headers)

    faults.begin = look  # type: ignore[method-assign]
    world.tick()

    ((state, turn, estimate),) = booked
    assert (state, turn) == ("open", 1)
    assert estimate > 8_000 * 500, "the whole answer that was allowed, and the prompt"


def test_an_answered_call_is_booked_with_what_it_used(world: World, faults: FaultServer) -> None:
    usage = {
        "input_tokens": 10,
        "output_tokens": 20,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 40,
    }
    faults.answers = [error_answer(529), answer(words("Done."), usage=usage)]
    task_id = world.due_task()
    world.set(model="anthropic")

    world.tick()

    (booked,) = world.model_calls(world.run(task_id).id)
    assert (booked.state, booked.tries, booked.provider_request_id) == ("answered", 2, "req_1")
    assert (booked.input_tokens, booked.output_tokens) == (10, 20)
    assert (booked.cache_write_tokens, booked.cache_read_tokens) == (30, 40)
    assert booked.cost_nanousd == 10 * 100 + 20 * 500 + 30 * 125 + 40 * 10
    assert booked.duration_ms is not None


def test_a_call_that_gave_nothing_is_booked_with_its_reason(world: World, faults: FaultServer) -> None:
    faults.answers = [error_answer(401, "invalid x-api-key")]
    task_id = world.due_task()
    world.set(model="anthropic")

    world.tick()

    (booked,) = world.model_calls(world.run(task_id).id)
    assert (booked.state, booked.cost_nanousd) == ("failed", 0)
    assert "invalid x-api-key" in str(booked.error)


def test_no_key_is_kept_anywhere(world: World, faults: FaultServer) -> None:
    faults.answers = [error_answer(401, "sk-ant-test-key is not valid")]
    task_id = world.due_task()
    world.set(model="anthropic")

    world.tick()

    run = world.run(task_id)
    told = [world.model_calls(run.id)[0].error, run.error, world.ticks()[0].error]
    assert not any("sk-ant-test-key" in str(text) for text in told)


def test_a_run_without_an_llm_says_so(world: World) -> None:
    task_id = world.due_task()

    world.tick()

    run = world.run(task_id)
    assert "no LLM was called" in str(run.output)
    assert (run.model, run.cost_nanousd) == ("rehearsal", 0)
