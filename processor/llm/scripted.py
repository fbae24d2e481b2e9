"""A model that answers from a script, for tests: the n-th answer of every conversation is the n-th of the script."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Literal

from processor.errors import ConfigurationError, ModelError, ModelRejected, ModelUnavailable, ProviderRefused
from processor.llm.message import read_message
from processor.llm.protocol import ModelRequest, ModelResponse

Answer = dict[str, Any] | str | ModelError
"""A message (what it leaves out is filled in), a message's JSON text to be kept verbatim, or an error to raise."""

SCRIPT_VARIABLE = "PROCESSOR_SCRIPT"
"""Names the script's file in other processes: a JSON array of messages, and of `{"error": NAME, "message": TEXT}`.

A message may hold `"delay_seconds"`: how long it takes to come. That is no part of the answer.
"""

_ERRORS: dict[str, type[ModelError]] = {
    "ModelUnavailable": ModelUnavailable,
    "ProviderRefused": ProviderRefused,
    "ModelRejected": ModelRejected,
}


def open_model(concurrency: int) -> "ScriptedModel":  # noqa: ARG001  (any number at once)
    """Return the model whose script the environment names; raises ConfigurationError."""
    path = os.environ.get(SCRIPT_VARIABLE)
    if not path:
        raise ConfigurationError(f"the scripted model has no script: set {SCRIPT_VARIABLE} to a JSON file of answers")
    return ScriptedModel(read_script(Path(path)))


def read_script(path: Path) -> list[Answer]:
    """Return the answers that a file holds; raises ConfigurationError."""
    try:
        answers = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the script {path} cannot be read ({error}): give a JSON array of answers") from None
    if not isinstance(answers, list):
        raise ConfigurationError(f"the script {path} is no list: give a JSON array of answers")
    return [_answer(answer) for answer in answers]


class ScriptedModel:
    """Keeps no count of its own: the answers that a conversation already holds say which one comes next."""

    calls_provider = False

    def __init__(self, answers: list[Answer]) -> None:
        self._answers = answers

    async def respond(
        self,
        request: ModelRequest,  # noqa: ARG002
        messages: list[dict[str, Any]],
        *,
        tool_choice: Literal["auto", "none"],  # noqa: ARG002
        max_tokens: int,  # noqa: ARG002
        timeout_seconds: float,
    ) -> ModelResponse:
        """Return the next answer of the script, or raise it if it is an error.

        Raises ModelUnavailable after `timeout_seconds` if the answer takes longer than that.
        """
        position = sum(message["role"] == "assistant" for message in messages)
        if position >= len(self._answers):
            raise ModelRejected(
                f"the script has {len(self._answers)} answers and the conversation asks for one more: add it"
            )
        answer = self._answers[position]
        if isinstance(answer, ModelError):
            raise answer
        if isinstance(answer, str):
            return read_message(answer)
        await _come(answer.get("delay_seconds", 0), timeout_seconds)
        return read_message(json.dumps(_whole(answer, position)))

    async def close(self) -> None:
        """Nothing is held."""


async def _come(delay_seconds: float, timeout_seconds: float) -> None:
    """Wait for an answer as long as the script says, and no longer than the call may last."""
    await asyncio.sleep(min(delay_seconds, timeout_seconds))
    if delay_seconds > timeout_seconds:
        raise ModelUnavailable(f"the script's answer did not come within {timeout_seconds:g} s", cut=True)


def _answer(answer: object) -> Answer:
    if isinstance(answer, dict) and "error" in answer:
        kind = _ERRORS.get(str(answer["error"]))
        if kind is None:
            raise ConfigurationError(f"the script names an unknown error: give one of {', '.join(_ERRORS)}")
        return kind(str(answer.get("message", "as the script says")))
    if not isinstance(answer, dict | str):
        raise ConfigurationError("the script holds something that is no answer: give messages, or errors")
    if isinstance(answer, dict) and not isinstance(answer.get("delay_seconds", 0), int | float):
        raise ConfigurationError("the script holds a delay_seconds that is no number: give seconds")
    return answer


def _whole(message: dict[str, Any], position: int) -> dict[str, Any]:
    uses_tools = any(block.get("type") == "tool_use" for block in message.get("content", []))
    return {
        "id": f"msg_scripted_{position + 1}",
        "type": "message",
        "role": "assistant",
        "model": "scripted",
        "stop_reason": "tool_use" if uses_tools else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    } | {name: value for name, value in message.items() if name != "delay_seconds"}
