"""A stand-in for a model: follows plain imperative prompts by rule, so that a demo needs no key and no network."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from processor.llm.imperatives import CommentOnCard, CreateCard, MoveCard, Step, Summarise, WriteNote, read_steps
from processor.llm.message import read_message
from processor.llm.protocol import ModelRequest, ModelResponse

DISCLAIMER = "Rehearsal, no LLM was called."

_TOOLS: dict[type[Step], str] = {
    CreateCard: "create_card",
    MoveCard: "move_card",
    CommentOnCard: "comment_on_card",
    WriteNote: "write_note",
    Summarise: "list_cards",
}
_SENTENCES = {
    "create_card": "Created the card '{title}'.",
    "move_card": "Moved a card to '{column}'.",
    "comment_on_card": "Commented on a card.",
    "write_note": "Left a note for the next run.",
}

ToolUse = tuple[str, dict[str, Any]]
"""A tool's name and its input."""


def open_model(concurrency: int) -> "RehearsalModel":  # noqa: ARG001  (any number at once)
    """Return the stand-in; it needs nothing."""
    return RehearsalModel()


class RehearsalModel:
    """Keeps no state: what to do next follows from the request and the conversation alone, in any process."""

    calls_provider = False

    async def respond(
        self,
        request: ModelRequest,
        messages: list[dict[str, Any]],
        *,
        tool_choice: Literal["auto", "none"],
        max_tokens: int,  # noqa: ARG002
        timeout_seconds: float,  # noqa: ARG002
    ) -> ModelResponse:
        """Return the next message: what is still to do, else a summary that says that no LLM was called.

        1. Create what is to be created.
        2. Look at the board, if a card has to be found.
        3. Move, comment and note.
        4. Look at the board again, if a summary is asked for.
        5. Finish.
        """
        tools = {tool["name"] for tool in request.tools} if tool_choice == "auto" else set()
        rehearsal = _Rehearsal(read_steps(task_prompt(messages)), _calls(messages), tools)
        uses = next((uses for uses in rehearsal.phases() if uses), [])
        text = f"Next: {', '.join(name for name, _ in uses)}." if uses else rehearsal.summary()
        if not uses and "finish_run" in tools and not rehearsal.finished:
            uses = [("finish_run", {"status": rehearsal.status(), "summary": text})]
        return read_message(json.dumps(_message(messages, text, uses)))

    async def close(self) -> None:
        """Nothing is held."""


def task_prompt(messages: list[dict[str, Any]]) -> str:
    """Return what stands between the lines `<task>` and `</task>` of the first message; all else is no instruction."""
    lines = _text(messages[0]["content"]).splitlines() if messages else []
    if "<task>" not in lines:
        return ""
    inside = lines[lines.index("<task>") + 1 :]
    return "\n".join(inside[: inside.index("</task>")] if "</task>" in inside else inside)


@dataclass(frozen=True, slots=True)
class _Call:
    """A tool call of the conversation so far, with what came back."""

    name: str
    arguments: dict[str, Any]
    failed: bool
    result: Any

    @property
    def key(self) -> str:
        return _key(self.name, self.arguments)


class _Rehearsal:
    """What the prompt asks for, held against what the conversation has done."""

    def __init__(self, steps: list[Step], calls: list[_Call], tools: set[str]) -> None:
        self._steps = steps
        self._calls = calls
        self._tools = tools

    @property
    def finished(self) -> bool:
        return any(call.name == "finish_run" for call in self._calls)

    def phases(self) -> Iterator[list[ToolUse]]:
        """Yield what each phase still has to do; the first that is not empty comes next."""
        yield self._not_yet([_creation(step) for step in self._steps if isinstance(step, CreateCard)])
        searches = any(isinstance(step, MoveCard | CommentOnCard) and not self._card_id(step) for step in self._steps)
        yield self._not_yet([("list_cards", {})] if searches else [])
        yield self._not_yet([use for step in self._steps if (use := self._change(step))])
        yield self._look()

    def status(self) -> str:
        if not self._steps:
            return "nothing_to_do"
        return "failed" if self._problems() and not self._done() else "done"

    def summary(self) -> str:
        if not self._steps:
            return f"{DISCLAIMER} The prompt asks for nothing that it understands."
        board = self._board() if any(isinstance(step, Summarise) for step in self._steps) else []
        return " ".join([DISCLAIMER, *self._done(), *self._problems(), *board])

    def _not_yet(self, uses: list[ToolUse]) -> list[ToolUse]:
        made = Counter(call.key for call in self._calls)
        missing = []
        for name, arguments in uses:
            key = _key(name, arguments)
            made[key] -= 1
            if made[key] < 0 and name in self._tools:
                missing.append((name, arguments))
        return missing

    def _change(self, step: Step) -> ToolUse | None:
        if isinstance(step, WriteNote):
            return "write_note", {"text": step.text}
        if not isinstance(step, MoveCard | CommentOnCard) or not (card_id := self._card_id(step)):
            return None
        if isinstance(step, MoveCard):
            return "move_card", {"card_id": card_id, "column": step.column}
        return "comment_on_card", {"card_id": card_id, "text": step.text}

    def _look(self) -> list[ToolUse]:
        wanted = [step for step in self._steps if isinstance(step, Summarise)]
        if not wanted or "list_cards" not in self._tools or (self._calls and self._calls[-1].name == "list_cards"):
            return []
        column = wanted[0].column
        return [("list_cards", {"column": column} if column else {})]

    def _card_id(self, step: MoveCard | CommentOnCard) -> str | None:
        for card in self._cards():
            if str(card.get("title", "")).casefold() == step.title.casefold() or card.get("id") == step.title:
                return str(card["id"])
        return None

    def _cards(self) -> Iterator[dict[str, Any]]:
        # Oldest first: a card that was found once stays the same one, whatever later results show.
        for call in self._calls:
            if isinstance(call.result, dict) and not call.failed:
                found = [*(call.result.get("cards") or []), call.result.get("card"), call.result]
                yield from (card for card in found if isinstance(card, dict) and "id" in card)

    def _done(self) -> list[str]:
        return [_sentence(call) for call in self._calls if not call.failed and call.name in _SENTENCES]

    def _problems(self) -> list[str]:
        failed = [f"The tool {call.name} failed." for call in self._calls if call.failed]
        called = {call.name for call in self._calls}
        missing = sorted({_TOOLS[type(step)] for step in self._steps} - self._tools - called)
        lost = [step for step in self._steps if isinstance(step, MoveCard | CommentOnCard) and not self._card_id(step)]
        return [
            *failed,
            *(f"The tool {name} is not at hand." for name in missing),
            *(f"There is no card '{step.title}'." for step in lost),
        ]

    def _board(self) -> list[str]:
        looks = [call.result for call in self._calls if call.name == "list_cards" and isinstance(call.result, dict)]
        if not looks:
            return []
        cards = sorted(looks[-1].get("cards") or [], key=lambda card: str(card.get("column")))
        columns = groupby(cards, key=lambda card: str(card.get("column")))
        shown = "; ".join(f"{name}: {', '.join(str(card.get('title')) for card in held)}" for name, held in columns)
        return [f"The board shows {len(cards)} card{'' if len(cards) == 1 else 's'}{f' ({shown})' if shown else ''}."]


def _sentence(call: _Call) -> str:
    return _SENTENCES[call.name].format(**call.arguments)


def _creation(step: CreateCard) -> ToolUse:
    given = {"title": step.title, "description": step.description, "column": step.column}
    return "create_card", {name: value for name, value in given.items() if value is not None}


def _key(name: str, arguments: dict[str, Any]) -> str:
    return json.dumps([name, arguments], sort_keys=True)


def _calls(messages: list[dict[str, Any]]) -> list[_Call]:
    blocks = [block for message in messages for block in message["content"] if isinstance(block, dict)]
    results = {block["tool_use_id"]: block for block in blocks if block.get("type") == "tool_result"}
    return [_call(block, results.get(block["id"], {})) for block in blocks if block.get("type") == "tool_use"]


def _call(use: dict[str, Any], result: dict[str, Any]) -> _Call:
    try:
        value = json.loads(_text(result.get("content", "")))
    except ValueError:
        value = None
    return _Call(use["name"], use["input"], bool(result.get("is_error")), value)


def _text(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content if block.get("type") == "text")


def _message(messages: list[dict[str, Any]], text: str, uses: list[ToolUse]) -> dict[str, Any]:
    turn = sum(message["role"] == "assistant" for message in messages) + 1
    conversation = hashlib.sha256(json.dumps(messages[:1]).encode()).hexdigest()[:12]
    blocks = [
        {
            "type": "tool_use",
            "id": f"toolu_rehearsal_{conversation}_{turn}_{position}",
            "name": name,
            "input": arguments,
        }
        for position, (name, arguments) in enumerate(uses, start=1)
    ]
    return {
        "id": f"msg_rehearsal_{conversation}_{turn}",
        "type": "message",
        "role": "assistant",
        "model": "rehearsal",
        "content": [{"type": "text", "text": text}, *blocks],
        "stop_reason": "tool_use" if uses else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }
