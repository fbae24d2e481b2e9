import json

import pytest

from processor.agent.prompt import tools_of
from processor.agent.toolbox import ALWAYS_GIVEN, FOR_ADAPTIVE, TOOLS
from processor.agent.toolbox.tool import Effect, Tool
from processor.errors import InvalidInput
from processor.lazy import load
from tests.unit.agent.conversations import conversation

ALL: dict[str, Tool] = {name: load(path) for name, path in TOOLS.items()}
READERS = {"get_card", "list_cards", "list_changes", "list_recent_runs", "read_step_result"}


@pytest.mark.parametrize("name", TOOLS)
def test_each_name_leads_to_its_tool(name: str) -> None:
    tool = ALL[name]
    definition = tool.definition()

    assert (tool.name, definition["name"]) == (name, name)
    assert definition["description"].endswith(".")
    assert definition["input_schema"]["type"] == "object"
    assert "title" not in definition["input_schema"]
    assert not any("title" in each for each in definition["input_schema"].get("properties", {}).values())


def test_what_only_reads_may_be_done_again_and_all_else_acts_on_our_own_database() -> None:
    assert {name for name, tool in ALL.items() if tool.effect is Effect.READ} == READERS
    assert {tool.effect for tool in ALL.values()} == {Effect.READ, Effect.LOCAL}


def test_a_definition_is_the_same_each_time() -> None:
    for tool in ALL.values():
        assert json.dumps(tool.definition()) == json.dumps(tool.definition())


def test_blanks_around_arguments_do_not_count() -> None:
    assert ALL["create_card"].checked({"title": "  Card "}).model_dump()["title"] == "Card"


@pytest.mark.parametrize("given", [None, [], "Card", {"title": 7}, {"title": "A" * 201}, {"titel": "Card"}])
def test_wrong_arguments_are_told_in_words(given: object) -> None:
    with pytest.raises(InvalidInput, match="create_card was called wrongly") as raised:
        ALL["create_card"].checked(given)

    assert "pydantic" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_task_without_a_choice_gets_all_tools_sorted() -> None:
    assert list(tools_of(conversation(task={"schedule_type": "adaptive"}).task)) == sorted(TOOLS)


def test_only_the_agent_of_an_adaptive_task_can_propose_when_to_run_next() -> None:
    assert list(tools_of(conversation().task)) == sorted({*TOOLS} - {FOR_ADAPTIVE})
    asked_for = {"tools": '["propose_next_run"]'}
    assert list(tools_of(conversation(task=asked_for).task)) == [ALWAYS_GIVEN]
    assert FOR_ADAPTIVE in tools_of(conversation(task=asked_for | {"schedule_type": "adaptive"}).task)


def test_a_task_may_choose_and_always_gets_the_one_that_ends_its_run() -> None:
    assert list(tools_of(conversation(task={"tools": '["list_cards"]'}).task)) == sorted({ALWAYS_GIVEN, "list_cards"})
    assert list(tools_of(conversation(task={"tools": "[]"}).task)) == [ALWAYS_GIVEN]


def test_a_tool_that_a_later_version_knew_is_left_out() -> None:
    assert list(tools_of(conversation(task={"tools": '["teleport", "get_card"]'}).task)) == [ALWAYS_GIVEN, "get_card"]
