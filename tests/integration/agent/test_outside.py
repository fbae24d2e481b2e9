import json
from collections.abc import Iterator

import pytest

from processor.agent.outside import UNKNOWN
from processor.agent.toolbox import TOOLS
from processor.context import TickContext
from processor.services import interventions
from processor.storage import turns
from processor.storage.database import Database
from tests.integration.agent import outside_tools
from tests.integration.agent.outside_tools import before_sending, sent
from tests.integration.tick.gone_worker import GoneWorker
from tests.world import DEFAULT_STORE, World, call, calls, finishes

BOTH = ("send_once", "send_safely")


@pytest.fixture(autouse=True)
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in BOTH:
        monkeypatch.setitem(TOOLS, name, f"{outside_tools.__name__}:{name.upper()}")
    yield
    sent.clear()
    before_sending.clear()


def states(world: World, task_id: str) -> list[tuple[str, str]]:
    return [(each.name, each.state) for each in world.tool_calls(world.run(task_id).id)]


def replies(world: World, task_id: str) -> list[str]:
    """What the model was told of its first turn's calls."""
    reply = world.turns(world.run(task_id).id)[0].reply
    return [each["content"] for each in json.loads(reply or "")["content"]]


@pytest.mark.parametrize("name", BOTH)
def test_a_call_outside_is_made_with_a_key_and_its_result_kept(world: World, name: str) -> None:
    task_id = world.due_task()
    world.script(calls(call(name, text="hello")), finishes())

    assert world.tick().succeeded == 1

    assert sent == [("hello", f"{world.run(task_id).id}-1-1")]
    assert states(world, task_id) == [(name, "succeeded"), ("finish_run", "succeeded")]
    assert replies(world, task_id) == ['{"sent": "hello"}']


@pytest.mark.parametrize("name", BOTH)
def test_it_is_written_down_before_it_is_made(world: World, name: str) -> None:
    task_id = world.due_task()
    world.script(calls(call(name, text="hello")), finishes())
    seen: list[str] = []

    def look() -> None:
        other = Database(world.database.url)
        with other.reading() as work:
            seen.extend(each.state for each in turns.calls_of_turn(work, world.run(task_id).id, 1))
        other.close()

    before_sending.append(look)
    world.tick()

    assert seen == ["started"]


def test_calls_inside_and_outside_are_answered_in_their_order(world: World) -> None:
    task_id = world.due_task()
    mixed = [call("create_card", title="One"), call("send_once", text="two"), call("create_card", title="Three")]
    world.script(calls(*mixed), finishes())

    assert world.tick().succeeded == 1

    assert world.titles() == ["One", "Three"]
    assert [name for name, _ in states(world, task_id)] == ["create_card", "send_once", "create_card", "finish_run"]
    assert replies(world, task_id)[1] == '{"sent": "two"}'


@pytest.mark.parametrize(("name", "state"), [("send_once", "unknown"), ("send_safely", "failed")])
def test_a_call_that_broke_is_told_as_what_it_may_be(world: World, name: str, state: str) -> None:
    task_id = world.due_task()
    world.script(calls(call(name, text="lost")), finishes())

    assert world.tick().succeeded == 1

    assert states(world, task_id)[0] == (name, state)
    assert len(sent) == 1


def interrupted(world: World, name: str, *, started: bool) -> str:
    """A worker dies after it wrote a call down, or after it marked the call as started."""
    task_id = world.due_task()
    world.tick(max_runs=0)
    gone = GoneWorker(world)
    gone.begin_call()
    turn = gone.record(calls(call("create_card", title="Card"), call(name, text="hello")))
    if started:
        world.database.write(turns.start_tool, gone.claim, turn.number, 2)
    world.clock.advance(121)
    world.script(calls(call(name, text="never asked for again")), finishes())
    return task_id


@pytest.mark.parametrize("name", BOTH)
def test_a_call_that_was_not_started_is_made_by_the_next_worker(world: World, name: str) -> None:
    task_id = interrupted(world, name, started=False)

    assert world.tick().succeeded == 1

    assert sent == [("hello", f"{world.run(task_id).id}-1-2")]
    assert world.titles() == ["Card"]


def test_an_idempotent_call_that_was_interrupted_is_made_again_with_its_key(world: World) -> None:
    task_id = interrupted(world, "send_safely", started=True)

    world.tick()

    assert sent == [("hello", f"{world.run(task_id).id}-1-2")]
    assert states(world, task_id)[1] == ("send_safely", "succeeded")


def test_a_call_that_may_happen_once_is_not_repeated_and_the_model_is_told(world: World) -> None:
    task_id = interrupted(world, "send_once", started=True)

    assert world.tick().succeeded == 1

    assert sent == []
    assert states(world, task_id)[1] == ("send_once", "unknown")
    assert replies(world, task_id)[1] == UNKNOWN


def test_a_run_that_is_cancelled_between_two_calls_makes_no_other(world: World) -> None:
    task_id = world.due_task()
    world.script(calls(call("send_once", text="one"), call("create_card", title="Two")), finishes())

    def cancel() -> None:
        with world.database.writing() as work:
            interventions.cancel(work, DEFAULT_STORE, world.run(task_id).id)

    before_sending.append(cancel)
    world.tick()

    assert [text for text, _ in sent] == ["one"]
    assert states(world, task_id) == [("send_once", "succeeded"), ("create_card", "denied")]
    assert (world.run(task_id).state, world.titles()) == ("cancelled", [])
    assert world.broken() == []


@pytest.mark.parametrize(("started", "state"), [(True, "unknown"), (False, "denied")])
def test_a_call_that_was_interrupted_and_then_cancelled_is_not_made(world: World, *, started: bool, state: str) -> None:
    task_id = interrupted(world, "send_once", started=started)
    with world.database.writing() as work:
        interventions.cancel(work, DEFAULT_STORE, world.run(task_id).id)

    world.tick()

    assert (sent, world.run(task_id).state) == ([], "cancelled")
    assert states(world, task_id) == [("create_card", "denied"), ("send_once", state)]
    assert world.broken() == []


def test_a_tick_that_ends_between_two_calls_repeats_neither(world: World) -> None:
    task_id = world.due_task()
    world.script(calls(call("send_once", text="one"), call("send_once", text="two")), finishes())
    context = TickContext(240)
    before_sending.append(lambda: context.stop("SIGTERM"))

    assert world.tick(context).handed_back == 1
    before_sending.clear()
    world.tick()

    assert [text for text, _ in sent] == ["one", "two"]
    assert world.run(task_id).state == "succeeded"
    assert world.run(task_id).attempt == 1
