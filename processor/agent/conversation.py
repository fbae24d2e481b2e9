"""A run's conversation in memory: what is in the database, in the shape in which the model gets it."""

import json
import time
from dataclasses import dataclass, field
from typing import Any, Self

from processor.llm.prices import PromptSize
from processor.llm.protocol import ModelRequest, ModelResponse
from processor.storage.runs import Assignment, Claim, Spent
from processor.storage.turns import TurnRow

Message = dict[str, Any]
UNFINISHED = "max_tokens"
"""A response that was cut short is kept in the transcript and left out of the conversation: it is asked for again."""


@dataclass(slots=True)
class Turn:
    """A recorded turn; `reply` stays None until every tool call has been answered."""

    number: int
    content: list[dict[str, Any]]
    stop_reason: str | None
    reply: Message | None
    size: PromptSize
    """What response and reply add to the next prompt."""

    @classmethod
    def read(cls, row: TurnRow) -> Self:
        """The turn that a row holds."""
        content = json.loads(row.response)["content"]
        turn = cls(row.turn, content, row.stop_reason, None, PromptSize.of_json(row.response))
        if row.reply is not None:
            turn.answer(json.loads(row.reply), row.reply)
        return turn

    @classmethod
    def begun(cls, number: int, response: ModelResponse) -> Self:
        """The turn that a response begins."""
        return cls(number, response.content, response.stop_reason, None, PromptSize.of_json(response.body))

    def answer(self, reply: Message, written: str) -> None:
        """Take the one message that answers all tool calls of the turn; `written` is that message as JSON."""
        self.reply = reply
        self.size += PromptSize.of_json(written)


@dataclass(slots=True)
class Conversation:
    """Append-only: a returned block of thinking is valid only while everything before it is unchanged."""

    claim: Claim
    task: Assignment
    request: ModelRequest
    opening: Message
    turns: list[Turn]
    turn_count: int
    tool_call_count: int
    cost_nanousd: int
    active_ms: int
    cancel_requested: bool = False
    """Somebody asked to cancel the run: no further call, no further tool."""
    lap_started: float = field(default_factory=time.monotonic)
    _fixed_size: PromptSize | None = None

    def messages(self) -> list[Message]:
        """The history as it is sent, verbatim."""
        messages = [self.opening]
        for turn in self.turns:
            if turn.stop_reason != UNFINISHED:
                messages.append({"role": "assistant", "content": turn.content})
                if turn.reply is not None:
                    messages.append(turn.reply)
        return messages

    def prompt_size(self) -> PromptSize:
        """How large the next prompt is."""
        if self._fixed_size is None:
            self._fixed_size = PromptSize.of([self.request.system, self.request.tools, self.opening])
        return sum((turn.size for turn in self.turns if turn.stop_reason != UNFINISHED), self._fixed_size)

    @property
    def last(self) -> Turn | None:
        """The latest turn of this attempt."""
        return self.turns[-1] if self.turns else None

    @property
    def next_turn(self) -> int:
        """The number of the turn to come; numbers count through all attempts."""
        return self.turn_count + 1

    @property
    def active_seconds(self) -> float:
        """Time that was worked, in all processes, waiting not counted."""
        return self.active_ms / 1000 + time.monotonic() - self.lap_started

    def lap(self) -> int:
        """Milliseconds worked since the last step, now counted."""
        now = time.monotonic()
        lap_ms = round((now - self.lap_started) * 1000)
        self.lap_started = now
        self.active_ms += lap_ms
        return lap_ms

    def count(self, spent: Spent) -> None:
        """Keep the counters in step with the run's row."""
        self.turn_count += spent.turns
        self.tool_call_count += spent.tool_calls
        self.cost_nanousd += spent.cost_nanousd


def text_of(turn: Turn) -> str:
    """What the model said in words."""
    return "\n".join(block["text"] for block in turn.content if block.get("type") == "text").strip()


def tool_uses(turn: Turn) -> list[dict[str, Any]]:
    """The tool calls that a response asks for."""
    return [block for block in turn.content if block.get("type") == "tool_use"]
