"""What is chosen by name is found: every dotted path of a table leads to a thing."""

import pytest

from processor.agent.toolbox import TOOLS
from processor.agent.toolbox.tool import Tool
from processor.lazy import load
from processor.tick.claims import GIVE_UP
from processor.tick.execute import EXECUTORS


@pytest.mark.parametrize("name", TOOLS)
def test_every_tool_is_found_under_its_own_name(name: str) -> None:
    tool = load(TOOLS[name])
    assert isinstance(tool, Tool)
    assert tool.name == name


@pytest.mark.parametrize("kind", EXECUTORS)
def test_every_kind_of_task_has_an_executor(kind: str) -> None:
    assert callable(load(EXECUTORS[kind]))


def test_a_run_that_is_given_up_finds_its_ending() -> None:
    assert callable(load(GIVE_UP))
