"""Counts the seams of a run in the process that runs it, and does to that process what a test wants at one of them.

Nothing of the program is replaced: each function still does its work, between two events. An event is one line of the
journal, written before anything happens at it.
"""

import inspect
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from processor.agent.toolbox import TOOLS
from processor.agent.toolbox.tool import Tool
from processor.llm.protocol import ModelResponse
from processor.llm.scripted import ScriptedModel
from processor.storage import passes
from processor.storage.channel import Channel
from tests.reliability import letters


@dataclass
class Seams:
    """The events so far, and what is to happen at them."""

    journal: int
    kill_at: int | None = None
    pause_at: int | None = None
    pause_seconds: float = 0.0
    poisonous: str | None = None
    kill_at_end: str | None = None
    """`before a commit` or `after a commit`: dies at the one that ends a step of a pass."""
    count: int = field(default=0)
    step_has_ended: bool = field(default=False)

    def pass_by(self, name: str) -> None:
        """Note the event; kill this process at the one that is to be its last, hold it up at another."""
        self.count += 1
        os.write(self.journal, f"{name}\n".encode())
        if self.count == self.kill_at or (self.step_has_ended and name == self.kill_at_end):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.count == self.pause_at:
            time.sleep(self.pause_seconds)

    def swallow(self, messages: list[dict[str, Any]]) -> None:
        """Die of a conversation that is poison."""
        if self.poisonous is not None and self.poisonous in str(messages):
            os.write(self.journal, b"poisoned\n")
            os.kill(os.getpid(), signal.SIGKILL)


def install(journal: str, **wanted: Any) -> None:
    """Watch this process from now on."""
    if letters.VARIABLE in os.environ:
        TOOLS.update(letters.TOOLS)
    seams = Seams(os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), **wanted)
    _watch_commits(seams)
    _watch_model(seams)
    _watch_tools(seams)
    _watch_passes(seams)


def _watch_commits(seams: Seams) -> None:
    commit = Channel.commit

    def watched(self: Channel) -> None:
        seams.pass_by("before a commit")
        commit(self)
        seams.pass_by("after a commit")

    Channel.commit = watched  # type: ignore[method-assign] # the real one is called within


def _watch_model(seams: Seams) -> None:
    respond = ScriptedModel.respond

    async def watched(self: ScriptedModel, *given: Any, **named: Any) -> ModelResponse:
        seams.pass_by("before a model call")
        seams.swallow(given[1])
        response = await respond(self, *given, **named)
        seams.pass_by("after a model call")
        return response

    ScriptedModel.respond = watched  # type: ignore[method-assign] # the real one is called within


def _watch_tools(seams: Seams) -> None:
    for path in TOOLS.values():
        module, _, name = path.partition(":")
        tool: Tool = getattr(import_module(module), name)
        setattr(import_module(module), name, replace(tool, run=_watched(seams, tool.run)))


def _watch_passes(seams: Seams) -> None:
    run_ended = passes.run_ended

    def watched(*given: Any) -> None:
        run_ended(*given)
        seams.step_has_ended = True

    passes.run_ended = watched  # type: ignore[assignment] # the real one is called within


def _watched(seams: Seams, run: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*given: Any) -> Any:
        seams.pass_by("before a tool call")
        outcome = run(*given)
        seams.pass_by("after a tool call")
        return outcome

    async def watched_outside(*given: Any) -> Any:
        seams.pass_by("before a tool call")
        outcome = await run(*given)
        seams.pass_by("after a tool call")
        return outcome

    return watched_outside if inspect.iscoroutinefunction(run) else watched
