import json

from processor.agent.conversation import text_of, tool_uses
from processor.storage.runs import Spent
from tests.unit.agent.conversations import conversation, turn

TEXT = {"type": "text", "text": "Hello."}
USE = {"type": "tool_use", "id": "toolu_1", "name": "list_cards", "input": {}}
REPLY = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "[]"}]}


def test_the_history_is_opening_answers_and_replies_in_order() -> None:
    talk = conversation(turn(1, "tool_use", TEXT, USE, reply=json.dumps(REPLY)), turn(2, "end_turn", TEXT))

    assert talk.messages() == [
        talk.opening,
        {"role": "assistant", "content": [TEXT, USE]},
        REPLY,
        {"role": "assistant", "content": [TEXT]},
    ]


def test_an_answer_that_was_cut_short_is_no_part_of_the_history() -> None:
    talk = conversation(turn(1, "max_tokens", TEXT))

    assert talk.messages() == [talk.opening]
    assert talk.last is talk.turns[0]


def test_a_conversation_without_turns_has_no_last_one() -> None:
    assert conversation().last is None


def test_turns_are_numbered_through_all_attempts() -> None:
    assert conversation(turn_count=4).next_turn == 5


def test_what_was_spent_adds_up() -> None:
    talk = conversation(turn_count=1, tool_call_count=2, cost_nanousd=30)

    talk.count(Spent(turns=1, tool_calls=3, cost_nanousd=40))

    assert (talk.turn_count, talk.tool_call_count, talk.cost_nanousd) == (2, 5, 70)


def test_a_lap_is_counted_once() -> None:
    talk = conversation(active_ms=1_000)
    talk.lap_started -= 2

    lap = talk.lap()

    assert lap >= 2_000
    assert talk.active_ms == 1_000 + lap
    assert talk.active_seconds >= 3


def test_words_and_calls_are_told_apart() -> None:
    mixed = turn(1, "tool_use", TEXT, USE, {"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Bye. "})

    assert text_of(mixed) == "Hello.\nBye."
    assert tool_uses(mixed) == [USE]
