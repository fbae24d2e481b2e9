"""What people say about a task: the input of `create` and `update`, and the check of all that is no schedule."""

import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, TypedDict

from sqlmodel import col, select

from processor import models
from processor.errors import InvalidInput
from processor.llm.prices import DEFAULT_PRESET, PriceTable, resolve_model
from processor.models import Task
from processor.rules.disposition import Misfire, Overlap
from processor.services import checks
from processor.services.checks import Bounds
from processor.storage.work import Work

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 20_000
LONGEST_PROMPT = 100_000
DEFAULT_BUDGET_NANOUSD = 250_000_000


class TaskFields(TypedDict, total=False):
    """What a task may be given. A key that is not there keeps what is (on creation: the default); None resets it."""

    name: str
    prompt: str
    description: str | None
    kind: str
    job_id: str | None
    project_id: str | None
    schedule_type: str | None
    """Only needed for `manual` and `sequential`; else `every`, `cron` or `at` says it."""
    every: str | int | None
    """An interval like `4h`, or seconds."""
    start: str | int | None
    """The instant that the interval counts from, ISO 8601 or epoch seconds; a slot itself."""
    cron: str | None
    timezone: str | None
    at: str | int | None
    """The one instant to run at."""
    watch: str | None
    """A file, a folder or a pattern; the task runs when files change there."""
    settle_seconds: int | None
    """How long a changed file must stand still; None: a minute."""
    min_interval: str | int | None
    max_interval: str | int | None
    fallback: str | None
    """What an adaptive task follows without a usable proposal: `baseline` or `recent`."""
    enabled: bool
    max_retries: int | None
    retry_delay_seconds: int | None
    retry_multiplier: float | None
    """What the delay grows by with each start."""
    retry_cap_seconds: int | None
    retry_jitter: bool | None
    retry_on: list[str] | None
    """Error classes; None, here and above, stands for the default of what the task is."""
    misfire: str | None
    """None: the store's."""
    overlap: str | None
    priority: int | None
    sender: str | None
    deadline: str | int | None
    model: str | None
    delivery: str | None
    tools: list[str] | None
    """None: the default set."""
    budget_usd: float | str | None
    max_turns: int | None
    timeout_seconds: int | None
    gate: Any
    outcome: Any


_NUMBERS = {
    "priority": Bounds(1, 5),
    "max_turns": Bounds(1, 1_000),
    "timeout_seconds": Bounds(1, 43_200),
}
_LATER = {
    "sender": "A sender is",
    "deadline": "A deadline is",
    "gate": "A gate (--gate) is",
    "outcome": "An outcome contract (--outcome) is",
}


def refuse_unavailable(fields: TaskFields) -> None:
    """Raise InvalidInput for what the schema knows and this version does not do."""
    if unknown := fields.keys() - TaskFields.__annotations__:
        raise InvalidInput(f"A task has no {', '.join(sorted(unknown))}: leave it out")
    for name, what in _LATER.items():
        if fields.get(name) is not None:
            raise InvalidInput(f"{what} not available in this version: leave it out")
    kind = checks.choice(fields.get("kind", "agent"), "kind of task", ("agent", "endpoints", "claude_code"))
    if kind != "agent":
        raise InvalidInput(f"A task of kind {kind} is not available in this version: use --kind agent")
    if checks.choice(fields.get("delivery") or "live", "delivery", ("live", "batch")) == "batch":
        raise InvalidInput("Delivery in batches is not available in this version: use --delivery live")


def checked(work: Work, store_id: str, fields: TaskFields, known_tools: AbstractSet[str]) -> dict[str, Any]:
    """The columns that were given and are neither schedule nor budget; raises InvalidInput and NotFound."""
    columns: dict[str, Any] = {name: check(fields.get(name)) for name, check in _TEXTS.items() if name in fields}
    for name in fields.keys() & _NUMBERS.keys():
        columns[name] = _number(name, fields.get(name))
    if "job_id" in fields:
        columns["job_id"] = existing_job(work, store_id, fields["job_id"])
    if "project_id" in fields:
        columns["project_id"] = _existing(work, store_id, models.Project, "project", fields["project_id"])
    if "tools" in fields:
        columns["tools"] = _tools(fields["tools"], known_tools)
    return columns


def existing_job(work: Work, store_id: str, given: str | None) -> str | None:
    """The id of a job of this store, or None for none; raises NotFound."""
    return _existing(work, store_id, models.Job, "job", given)


def checked_budget(fields: TaskFields, prices: PriceTable, model: str, present_nanousd: int = 0) -> int:
    """What a run may cost in nano-dollars.

    The cost of a model without a known price cannot be bounded: its budget is 0, which stands for none.
    """
    given = fields.get("budget_usd")
    amount = None if given is None else checks.nanousd(given, "budget of a run")
    if prices.price(resolve_model(model)[0]) is None:
        if amount:
            raise InvalidInput(
                f"The model {model} has no known price, so a budget cannot bound it: leave out --budget-usd, "
                "or choose a model with a price"
            )
        return 0
    if amount == 0:
        raise InvalidInput("A budget of 0 USD lets no run say a word: give more, or leave out --budget-usd for 0.25")
    if amount is None:
        return DEFAULT_BUDGET_NANOUSD if "budget_usd" in fields or not present_nanousd else present_nanousd
    return amount


def checked_enabled(fields: TaskFields) -> bool:
    enabled = fields.get("enabled", True)
    if not isinstance(enabled, bool):
        raise InvalidInput("enabled must be true or false")
    return enabled


def _number(name: str, given: object) -> int:
    if given is None:
        return int(Task.model_fields[name].default)
    return checks.number(given, name.replace("_", " "), _NUMBERS[name])


def _model(given: object) -> str:
    return DEFAULT_PRESET if given is None else checks.one_line(given, "model", LONGEST_NAME)


def _misfire(given: object) -> str | None:
    return None if given is None else checks.choice(given, "misfire policy", [str(each) for each in Misfire])


def _overlap(given: object) -> str:
    return "skip" if given is None else checks.choice(given, "overlap policy", [str(each) for each in Overlap])


_TEXTS: dict[str, Callable[[Any], str | None]] = {
    "name": lambda given: checks.one_line(given, "name of a task", LONGEST_NAME),
    "prompt": lambda given: checks.filled(given, "prompt", LONGEST_PROMPT),
    "description": lambda given: checks.text(given or "", "description of a task", LONGEST_DESCRIPTION),
    "model": _model,
    "misfire": _misfire,
    "overlap": _overlap,
}


def _existing(
    work: Work, store_id: str, model: "type[models.Job | models.Project]", thing: str, given: str | None
) -> str | None:
    if given is None:
        return None
    id_ = checks.known_id(given, thing)
    query = select(model.id).where(col(model.store_id) == store_id, col(model.id) == id_)
    if work.session.exec(query).first() is None:
        raise checks.unknown(thing, given)
    return id_


def _tools(given: object, known_tools: AbstractSet[str]) -> str | None:
    if given is None:
        return None
    if not isinstance(given, list | tuple | set | frozenset):
        raise InvalidInput("The tools must be a list of names")
    unknown = sorted(str(name)[:60] for name in given if name not in known_tools)
    if unknown:
        raise InvalidInput(f"Unknown tool {', '.join(unknown)}: use some of {', '.join(sorted(known_tools))}")
    return json.dumps(sorted(set(given)))
