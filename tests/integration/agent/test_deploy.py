"""A run that is handed back goes on as it began, whatever was deployed or edited meanwhile."""

import dataclasses

import pytest

from processor.agent import prompt
from processor.agent.toolbox import TOOLS
from processor.agent.toolbox import cards as card_tools
from processor.services import tasks
from tests.integration.agent.provider import answer, words
from tests.integration.llm.fault_server import FaultServer
from tests.integration.tick.test_resume import Deadline
from tests.world import DEFAULT_STORE, World, call


def test_new_texts_of_prompt_tools_and_instructions_do_not_reach_a_running_conversation(
    world: World, faults: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults.answers = [answer(call("create_card", title="Card")), answer(words("Done."))]
    task_id = world.due_task(prompt="Look at the board")
    world.set(model="anthropic")
    assert world.tick(Deadline("turn.recorded").context()).handed_back == 1

    deploy(monkeypatch)
    with world.database.writing() as work:
        tasks.update(work, DEFAULT_STORE, task_id, {"prompt": "Do something else", "model": "strong"}, TOOLS.keys())
    assert world.tick().succeeded == 1

    before, after = faults.requests
    assert {name: after[name] for name in before if name != "messages"} == {
        name: before[name] for name in before if name != "messages"
    }
    assert after["messages"][: len(before["messages"])] == before["messages"]
    assert "something else" not in str(after)


def test_the_next_run_gets_the_new_texts(world: World, faults: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    world.due_task()
    world.set(model="anthropic")
    deploy(monkeypatch)

    assert world.tick().succeeded == 1

    (sent,) = faults.requests
    assert sent["system"][0]["text"] == "Other instructions."
    assert "Another description." in [tool["description"] for tool in sent["tools"]]


def deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of the program with other texts."""
    monkeypatch.setattr(prompt, "INSTRUCTIONS", "Other instructions.")
    changed = dataclasses.replace(card_tools.CREATE_CARD, description="Another description.")
    monkeypatch.setattr(card_tools, "CREATE_CARD", changed)
