"""Renders what the model gets, in cacheable order: tools, static text, board; then task, history, facts of this run."""

import json
from typing import Any

from processor.agent.changed_files import render_changed_files
from processor.agent.conversation import Message
from processor.agent.earlier_steps import render_earlier_steps
from processor.agent.instructions import INSTRUCTIONS
from processor.agent.limits import OUTPUT_TOKENS, TOOL_CALLS
from processor.agent.quoting import as_data, in_one_line
from processor.agent.toolbox import ALWAYS_GIVEN, FOR_ADAPTIVE, TOOLS
from processor.agent.toolbox.tool import Tool
from processor.lazy import load
from processor.llm.prices import resolve_model
from processor.llm.protocol import ModelRequest
from processor.rules.instants import iso
from processor.services import cards, notes
from processor.storage import turns
from processor.storage.runs import Assignment, Claim
from processor.storage.work import Work

RECENT_RUNS = 3
_OUTPUT_CHARACTERS = 600


def tools_of(task: Assignment) -> dict[str, Tool]:
    """The tools that the task allows and that are of use to it, sorted by name; by default all of them."""
    names = set(TOOLS if task.tools is None else json.loads(task.tools)) | {ALWAYS_GIVEN}
    if not task.is_adaptive:
        names -= {FOR_ADAPTIVE}
    return {name: load(TOOLS[name]) for name in sorted(names & set(TOOLS))}


def tools_in(request: ModelRequest) -> dict[str, Tool]:
    """The tools of a request that was rendered, perhaps by an earlier version; what no longer exists is left out."""
    names = [str(tool["name"]) for tool in request.tools]
    return {name: load(TOOLS[name]) for name in names if name in TOOLS}


def render_request(work: Work, task: Assignment) -> ModelRequest:
    """What stays the same for the whole run. Nothing in it depends on the time or on this run."""
    model, effort = resolve_model(task.model)
    columns = ", ".join(f"'{name}'" for name in cards.column_names(work, task.store_id))
    return ModelRequest(
        model=model,
        system=[
            {"type": "text", "text": INSTRUCTIONS},
            {"type": "text", "text": f"The board has the columns {columns}."},
        ],
        tools=[tool.definition() for tool in tools_of(task).values()],
        max_tokens=OUTPUT_TOKENS,
        effort=effort,
    )


def render_opening(work: Work, claim: Claim, task: Assignment) -> Message:
    """The first user message of an attempt."""
    parts = [
        f"<task>\n{task.prompt}\n</task>",
        _changed_files(work, claim, task) if task.has_changes else "",
        render_earlier_steps(work, claim.store_id, claim.run_id) if task.has_earlier_steps else "",
        *_history(work, claim, task),
        _note(work, task),
        _facts(work, claim, task),
    ]
    return {"role": "user", "content": [{"type": "text", "text": "\n\n".join(part for part in parts if part)}]}


def _changed_files(work: Work, claim: Claim, task: Assignment) -> str:
    may_list = task.tools is None or "list_changes" in json.loads(task.tools)
    return render_changed_files(work, claim.store_id, claim.run_id, may_list=may_list)


def _history(work: Work, claim: Claim, task: Assignment) -> list[str]:
    runs = turns.recent_runs(work, task.task_id, claim.run_id, RECENT_RUNS)
    lines = [f"- {_ended(run)}: {run['state']}. {_short(run.get('output') or run.get('error') or '')}" for run in runs]
    return ["<earlier_runs>\n" + "\n".join(lines) + "\n</earlier_runs>"] if lines else []


def _ended(run: dict[str, Any]) -> str:
    return iso(run["finished_at"])


def _short(text: str) -> str:
    text = in_one_line(text)
    return text if len(text) <= _OUTPUT_CHARACTERS else text[:_OUTPUT_CHARACTERS] + " …"


def _note(work: Work, task: Assignment) -> str:
    body = notes.of_task(work, task.store_id, task.task_id)
    return f"<note_from_the_last_run>\n{as_data(body)}\n</note_from_the_last_run>" if body else ""


def _facts(work: Work, claim: Claim, task: Assignment) -> str:
    lines = [
        f"Now: {iso(work.now)}.",
        f"Task: {task.name}.",
        f"Limits of this run: {task.max_turns} turns, {TOOL_CALLS} tool calls, {task.timeout_seconds} s.",
    ]
    if task.is_adaptive:
        lines += load("processor.agent.prompt_schedule:schedule_lines")(work, task.task_id)
    if claim.attempt > 1:
        lines += _earlier_attempts(work, claim)
    return "<run>\n" + "\n".join(lines) + "\n</run>"


def _earlier_attempts(work: Work, claim: Claim) -> list[str]:
    lines = [
        f"Attempt {earlier['attempt']} failed ({earlier['error_class']}): {_short(earlier['error'] or '')}"
        for earlier in turns.earlier_attempts(work, claim.run_id)
    ]
    done = turns.done_before(work, claim.run_id)
    if done:
        said = as_data(json.dumps(done, ensure_ascii=False))
        lines.append(f"Earlier attempts already did this, do not do it again: {said}")
    return lines
