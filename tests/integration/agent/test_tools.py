import json
from typing import Any

import pytest

from processor.agent.answers import HINT_AFTER, LONGEST_RESULT, STUCK_AFTER
from processor.models import Run, TaskNote
from processor.services import cards
from tests.conftest import Stores
from tests.world import DEFAULT_STORE, World, call, calls, finishes


def executed(world: World, store_id: str = DEFAULT_STORE, **fields: Any) -> Run:
    task_id = world.due_task(store_id, **fields)
    world.tick()
    return world.run(task_id)


def results(world: World, run: Run) -> list[list[dict[str, Any]]]:
    """What the model was told about the calls of each turn."""
    return [json.loads(turn.reply)["content"] for turn in world.turns(run.id) if turn.reply is not None]


def add_card(world: World, title: str, store_id: str = DEFAULT_STORE, **fields: Any) -> str:
    with world.database.writing() as work:
        return cards.create(work, store_id, title, **fields).id


def test_all_calls_of_a_turn_are_answered_in_one_message_in_their_order(world: World) -> None:
    uses = [call("create_card", title=title) for title in ("One", "Two", "Three")]
    world.script(calls(*uses), finishes())

    run = executed(world)

    (answered, _) = results(world, run)
    assert [each["tool_use_id"] for each in answered] == [use["id"] for use in uses]
    assert [json.loads(each["content"])["title"] for each in answered] == ["One", "Two", "Three"]
    assert world.titles() == ["One", "Two", "Three"]


def test_a_call_is_kept_with_its_arguments_effect_and_result(world: World) -> None:
    world.script(calls(call("list_cards"), call("create_card", title="Ünë")), finishes())

    run = executed(world)

    read, made, _ = world.tool_calls(run.id)
    assert (read.name, read.effect, read.state, json.loads(str(read.result))) == (
        "list_cards",
        "read",
        "succeeded",
        {"cards": []},
    )
    assert (made.effect, json.loads(made.arguments)) == ("local", {"title": "Ünë"})
    assert json.loads(str(made.result))["title"] == "Ünë"


def test_the_work_on_a_card_from_first_to_last(world: World) -> None:
    card_id = add_card(world, "Old title")
    world.script(
        calls(call("update_card", card_id=card_id, title="New title", description="More")),
        calls(
            call("move_card", card_id=card_id, column="Done"), call("comment_on_card", card_id=card_id, text="Moved")
        ),
        calls(call("get_card", card_id=card_id)),
        finishes(),
    )

    run = executed(world)

    seen = json.loads(results(world, run)[2][0]["content"])
    assert (seen["title"], seen["description"], seen["column"]) == ("New title", "More", "Done")
    assert seen["comments"] == [{"author": "agent", "text": "Moved"}]


def test_a_card_is_linked_to_the_run_that_made_it(world: World) -> None:
    run = executed(world)

    with world.database.reading() as work:
        (card,) = cards.list(work, DEFAULT_STORE)
    assert card.created_by_run_id == run.id


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (call("launch_rocket"), "There is no tool called launch_rocket"),
        (call("create_card"), "title: Field required"),
        (call("create_card", title=""), "title: String should have at least 1 character"),
        (call("create_card", title="A", colour="red"), "colour: Extra inputs are not permitted"),
        (call("create_card", title="A", column="Nowhere"), "Nowhere"),
        (call("list_cards", limit=0), "limit: Input should be greater than or equal to 1"),
        (call("get_card", card_id="nonsense"), "nonsense"),
        (call("move_card", card_id="00000000-0000-4000-8000-0000000000aa", column="Done"), "There is no card"),
    ],
    ids=lambda value: json.dumps([value["name"], value["input"]]) if isinstance(value, dict) else "",
)
def test_a_call_that_cannot_be_done_is_answered_with_what_is_wrong(
    world: World, use: dict[str, Any], told: str
) -> None:
    world.script(calls(use, call("create_card", title="Sound")), finishes())

    run = executed(world)

    broken, sound = results(world, run)[0]
    assert (broken["is_error"], broken["tool_use_id"]) == (True, use["id"])
    assert told in broken["content"]
    assert "Traceback" not in broken["content"]
    assert "is_error" not in sound
    assert world.titles() == ["Sound"]
    assert [each.state for each in world.tool_calls(run.id)] == ["failed", "succeeded", "succeeded"]
    assert run.state == "succeeded"


def test_a_tool_that_the_task_does_not_allow_is_unknown_to_its_agent(world: World) -> None:
    world.script(calls(call("create_card", title="Forbidden")), finishes())

    run = executed(world, tools=["list_cards"])

    assert "There is no tool called create_card" in results(world, run)[0][0]["content"]
    assert world.titles() == []


def test_another_stores_card_does_not_exist_for_the_agent(world: World, stores: Stores) -> None:
    card_id = add_card(world, "Theirs", stores.stranger)
    uses = [
        call("get_card", card_id=card_id),
        call("update_card", card_id=card_id, title="Mine"),
        call("move_card", card_id=card_id, column="Done"),
        call("comment_on_card", card_id=card_id, text="Hello"),
        call("list_cards"),
    ]
    world.script(calls(*uses), finishes())

    run = executed(world, stores.mine)

    *refused, listed = results(world, run)[0]
    assert all(each["is_error"] for each in refused)
    assert json.loads(listed["content"]) == {"cards": []}
    assert world.titles(stores.stranger) == ["Theirs"]


def test_a_note_replaces_the_one_before(world: World) -> None:
    world.script(calls(call("write_note", text="First")), calls(call("write_note", text="Second")), finishes())

    run = executed(world)

    (note,) = world.rows(TaskNote)
    assert (note.task_id, note.body) == (run.task_id, "Second")


def test_recent_runs_are_those_of_the_same_task(world: World) -> None:
    executed(world, prompt="Create a task called 'Other'")
    task_id = world.due_task()
    world.script(finishes(summary="Earlier run."))
    world.tick()
    world.script(calls(call("list_recent_runs")), finishes())
    world.clock.advance(3_600)
    world.tick()

    run = world.runs(task_id)[1]
    (seen,) = json.loads(results(world, run)[0][0]["content"])["runs"]
    assert (seen["output"], seen["state"]) == ("Earlier run.", "succeeded")


def test_a_long_result_is_cut_once_before_it_is_stored(world: World) -> None:
    card_id = add_card(world, "Long", description="a" * 9_000 + "z" * 9_000)
    world.script(calls(call("get_card", card_id=card_id)), finishes())

    run = executed(world)

    text = results(world, run)[0][0]["content"]
    assert len(text) == LONGEST_RESULT == 8_000
    assert text == world.tool_calls(run.id)[0].result
    assert "characters left out" in text
    assert text.startswith("{")
    assert text.endswith("}")


def test_the_same_call_with_the_same_result_gets_a_hint_and_then_ends_the_run(world: World) -> None:
    world.script(*[calls(call("list_cards"))] * 9, finishes())

    run = executed(world, max_retries=3)

    assert (run.state, run.error_class, run.attempt) == ("failed", "stuck", 1)
    told = [each[0]["content"] for each in results(world, run)]
    assert len(told) == STUCK_AFTER == 5
    hinted = ["You made this call" in text for text in told]
    assert hinted == [number >= HINT_AFTER for number in range(1, 6)]
    assert "You made this call 3 times with the same result" in told[2]


def test_calls_in_one_message_count_as_repetitions_too(world: World) -> None:
    world.script(calls(*[call("list_cards")] * 5), finishes())

    run = executed(world)

    assert (run.state, run.error_class) == ("failed", "stuck")


def test_the_same_call_with_another_result_is_progress(world: World) -> None:
    look = calls(call("list_cards"))
    turns = [each for number in range(6) for each in (look, calls(call("create_card", title=f"Card {number}")))]
    world.script(*turns, finishes())

    assert executed(world, max_turns=20).state == "succeeded"


def test_ids_that_a_server_repeats_do_no_harm(world: World) -> None:
    same = {"id": "toolu_1"}
    world.script(
        calls(call("create_card", title="One") | same, call("create_card", title="Two") | same),
        calls(call("create_card", title="Three") | same),
        finishes(),
    )

    assert executed(world).state == "succeeded"
    assert world.titles() == ["One", "Two", "Three"]


@pytest.mark.parametrize("odd", ["\x00", "\ud83d"], ids=["a null byte", "half a surrogate pair"])
def test_text_that_no_database_keeps_ends_no_run(world: World, odd: str) -> None:
    strange = call(f"create{odd}", title=f"T{odd}") | {"id": f"toolu{odd}"}
    title = call("create_card", title=f"Card{odd}")
    note = call("write_note", text=f"Note{odd}")
    world.script(calls(strange, title, note, {"type": "text", "text": odd}), finishes(summary=f"Done{odd}"), finishes())

    run = executed(world, max_retries=0)

    assert (run.state, run.error) == ("succeeded", None)
