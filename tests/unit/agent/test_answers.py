import json
from typing import Any

import pytest

from processor.agent.answers import LONGEST_RESULT, require_progress, shortened
from processor.agent.conversation import Turn
from processor.agent.outcome import Failed
from processor.rules.run_state import ErrorClass
from tests.unit.agent.conversations import conversation, turn


def test_what_fits_stays_as_it_is() -> None:
    assert shortened("a" * LONGEST_RESULT) == "a" * LONGEST_RESULT


@pytest.mark.parametrize("length", [LONGEST_RESULT + 1, 10 * LONGEST_RESULT, 1_000_000])
def test_what_is_too_long_keeps_its_head_and_tail(length: int) -> None:
    text = "head" + "x" * (length - 8) + "tail"

    short = shortened(text)

    assert len(short) == LONGEST_RESULT
    assert short.startswith("head")
    assert short.endswith("tail")
    assert "characters left out" in short


def seen(number: int, name: str, result: str, **arguments: Any) -> Turn:
    use = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": arguments}
    reply = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use["id"], "content": result}]}
    return turn(number, "tool_use", use, reply=json.dumps(reply))


def test_five_times_the_same_is_stuck() -> None:
    same = [seen(number, "list_cards", "[]") for number in range(5)]

    require_progress(conversation(*same[:4]))
    with pytest.raises(Failed, match="list_cards 5 times") as raised:
        require_progress(conversation(*same))
    assert raised.value.error_class is ErrorClass.STUCK


def test_a_hint_does_not_make_a_result_a_new_one() -> None:
    hint = "\n(You made this call 3 times with the same result.)"

    with pytest.raises(Failed):
        require_progress(conversation(*[seen(number, "list_cards", "[]" + hint * (number > 2)) for number in range(5)]))


def test_other_arguments_or_results_are_progress() -> None:
    require_progress(conversation(*[seen(number, "get_card", "{}", card_id=str(number)) for number in range(9)]))
    require_progress(conversation(*[seen(number, "list_cards", str(number)) for number in range(9)]))


def test_calls_without_an_answer_yet_do_not_count() -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "list_cards", "input": {}}

    require_progress(conversation(*[turn(number, "tool_use", use) for number in range(9)]))
