"""How a task's runs are retried: read from what people say, and from and into its row."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from processor.errors import InvalidInput
from processor.models import Task
from processor.rules.retry import (
    COLUMNS,
    LARGEST_MULTIPLIER,
    LONGEST_CAP_SECONDS,
    LONGEST_DELAY_SECONDS,
    MOST_RETRIES,
    RetryDefaults,
    RetryPolicy,
    from_columns,
    named_class,
    written_classes,
)
from processor.rules.run_state import ErrorClass
from processor.services import checks
from processor.services.checks import Bounds
from processor.services.tasks.fields import TaskFields

Retries = Mapping[str, Any]
"""What was said about retries, by the names of a `RetryPolicy`; None stands for the default."""


def asked_retries(fields: TaskFields) -> Retries:
    """What the fields say about retries; raises InvalidInput."""
    given: Mapping[str, Any] = fields
    return {
        part: None if given[name] is None else check(given[name])
        for name, (part, check) in _FIELDS.items()
        if name in given
    }


def own_policy(task: Task, defaults: RetryDefaults) -> RetryPolicy | None:
    """The policy in the row of a task; None while it is the default of what the task is."""
    policy = policy_of(task)
    return None if policy == defaults.of(task.kind, task.schedule_type) else policy


def write_retries(task: Task, asked: Retries, own: RetryPolicy | None, defaults: RetryDefaults) -> None:
    """Put into the row what was asked for, else what the task had of its own, else the default of what it is now."""
    default = defaults.of(task.kind, task.schedule_type)
    chosen = {part: getattr(default, part) if value is None else value for part, value in asked.items()}
    policy = replace(own or default, **chosen)
    task.max_retries, task.retry_delay_seconds = policy.max_retries, policy.delay_seconds
    task.retry_multiplier, task.retry_cap_seconds = policy.multiplier, policy.cap_seconds
    task.retry_jitter, task.retry_on = policy.jitter, written_classes(policy.retry_on)


def policy_of(task: Task) -> RetryPolicy:
    """The policy in the row of a task."""
    return from_columns(*(getattr(task, name) for name in COLUMNS))


def _whole(name: str, most: int) -> Callable[[object], int]:
    return lambda given: checks.number(given, name, Bounds(0, most))


def _multiplier(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 1 <= given <= LARGEST_MULTIPLIER:
        raise InvalidInput(
            f"The retry multiplier {str(given)[:40]!r} is out of range: use 1 (the same delay each time) "
            f"to {LARGEST_MULTIPLIER}"
        )
    return float(given)


def _jitter(given: object) -> bool:
    if not isinstance(given, bool):
        raise InvalidInput("retry_jitter must be true or false")
    return given


def _classes(given: object) -> frozenset[ErrorClass]:
    if not isinstance(given, list | tuple | set | frozenset):
        raise InvalidInput("retry_on must be a list of error classes")
    if not given:
        raise InvalidInput("The list of failures to retry is empty: name one, or allow no retry with --max-retries 0")
    return frozenset(named_class(each) for each in given)


_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "max_retries": ("max_retries", _whole("max retries", MOST_RETRIES)),
    "retry_delay_seconds": ("delay_seconds", _whole("retry delay seconds", LONGEST_DELAY_SECONDS)),
    "retry_multiplier": ("multiplier", _multiplier),
    "retry_cap_seconds": ("cap_seconds", _whole("retry cap seconds", LONGEST_CAP_SECONDS)),
    "retry_jitter": ("jitter", _jitter),
    "retry_on": ("retry_on", _classes),
}
