"""When a failed run starts again: after which failures, how often, and how long it waits before each start."""

import json
from dataclasses import dataclass

from processor.errors import InvalidInput
from processor.rules.run_state import ErrorClass

MOST_RETRIES = 10
LONGEST_DELAY_SECONDS = 3_600
LARGEST_MULTIPLIER = 10
LONGEST_CAP_SECONDS = 86_400
"""No retry waits longer than a day."""

_ALL_STARTS = "this limit holds for all starts of a run together"
_SAME_AGAIN = "the same request would be refused again"

HOPELESS: dict[ErrorClass, str | None] = {
    ErrorClass.TASK_FAILED: None,
    ErrorClass.INTERNAL: None,
    ErrorClass.OUTCOME_NOT_MET: None,
    ErrorClass.STUCK: None,
    ErrorClass.MAX_TOKENS: None,
    ErrorClass.CONTEXT_WINDOW_EXCEEDED: None,
    ErrorClass.MODEL_ERROR: None,
    ErrorClass.BUDGET_EXCEEDED: _ALL_STARTS,
    ErrorClass.TIMED_OUT: _ALL_STARTS,
    ErrorClass.TURN_LIMIT: _ALL_STARTS,
    ErrorClass.REFUSAL: _SAME_AGAIN,
    ErrorClass.INVALID_REQUEST: _SAME_AGAIN,
    ErrorClass.PROVIDER_UNAVAILABLE: "a run waits for its provider for a day already, and no start is spent on it",
    ErrorClass.CRASH_LOOP: "a run whose worker goes silent is taken over already, and this is the end of it",
}
"""Why no start after such a failure can help; None: a new conversation may not meet it again."""

HELPED = [each for each, why_not in HOPELESS.items() if why_not is None]

RETRIED = frozenset({ErrorClass.TASK_FAILED, ErrorClass.INTERNAL})
"""Failures that are retried unless a task says otherwise."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a run starts again after its first start, after which failures, and how long it waits before each."""

    max_retries: int = 3
    delay_seconds: int = 60
    multiplier: float = 2.0
    cap_seconds: int = 3_600
    jitter: bool = True
    """Spread the delay over everything from nothing up to its length, so that runs that failed together part."""
    retry_on: frozenset[ErrorClass] = RETRIED


COLUMNS = (
    "max_retries",
    "retry_delay_seconds",
    "retry_multiplier",
    "retry_cap_seconds",
    "retry_jitter",
    "retry_on",
)
"""Where a task's row keeps the parts of its policy, in their order."""

STANDARD = RetryPolicy()
CONSTANT = RetryPolicy(max_retries=0, multiplier=1.0, jitter=False)
"""For the steps of a job: what comes after them waits, so they fail at once, or try again after a plain minute."""


@dataclass(frozen=True, slots=True)
class RetryDefaults:
    """What tasks get that say nothing themselves, by their kind; those that run in the order of a job by that alone."""

    agent: RetryPolicy = STANDARD
    endpoints: RetryPolicy = STANDARD
    claude_code: RetryPolicy = STANDARD
    sequential: RetryPolicy = CONSTANT

    def of(self, kind: str, schedule_type: str) -> RetryPolicy:
        """The policy for a new task of this kind with this type of schedule."""
        if schedule_type == "sequential":
            return self.sequential
        return {"agent": self.agent, "endpoints": self.endpoints, "claude_code": self.claude_code}[kind]


SHIPPED_DEFAULTS = RetryDefaults()


def next_delay_seconds(policy: RetryPolicy, error_class: ErrorClass, failures: int, random: float) -> float | None:
    """Return how long to wait after this many failures in a row (1 or more); None when the run has failed for good.

    `random` is from 0 up to 1. Full jitter, after "Exponential Backoff And Jitter" in the AWS Architecture Blog.
    """
    if failures > policy.max_retries or error_class not in policy.retry_on:
        return None
    longest = _longest_delay_seconds(policy, failures)
    return longest * random if policy.jitter else longest


def _longest_delay_seconds(policy: RetryPolicy, failures: int) -> float:
    longest = float(policy.delay_seconds)
    for _ in range(failures - 1):
        if longest >= policy.cap_seconds:
            break
        longest *= policy.multiplier
    return min(longest, policy.cap_seconds)


def named_class(name: object) -> ErrorClass:
    """The failure of that name; raises InvalidInput if there is none, or if no start after it can help."""
    error_class = next((each for each in HOPELESS if each == name), None)
    helped = ", ".join(HELPED)
    if error_class is None:
        raise InvalidInput(f"The error class {str(name)[:40]!r} is not known: use some of {helped}")
    why_not = HOPELESS[error_class]
    if why_not is not None:
        raise InvalidInput(f"No retry helps after {error_class}, because {why_not}: use some of {helped}")
    return error_class


def from_columns(
    max_retries: int, delay_seconds: int, multiplier: float, cap_seconds: int, jitter: int, retry_on: str | None
) -> RetryPolicy:
    """The policy in the `COLUMNS` of a task's row."""
    return RetryPolicy(max_retries, delay_seconds, multiplier, cap_seconds, bool(jitter), read_classes(retry_on))


def read_classes(column: str | None) -> frozenset[ErrorClass]:
    """The failures in a task's row, a JSON list; an empty column stands for `RETRIED`, other names for nothing."""
    if column is None:
        return RETRIED
    names = set(json.loads(column))
    return frozenset(each for each in HELPED if each in names)


def written_classes(classes: frozenset[ErrorClass]) -> str | None:
    """The failures as a task's row keeps them."""
    return None if classes == RETRIED else json.dumps(sorted(classes))


def in_words(policy: RetryPolicy) -> str:
    """The policy as people read it: `up to 3 retries: 60 s, doubling, at most 1 h, with jitter`."""
    if policy.max_retries == 0:
        return "none"
    times = "1 retry" if policy.max_retries == 1 else f"up to {policy.max_retries} retries"
    said = [_duration(policy.delay_seconds), *_growth(policy)]
    if policy.jitter:
        said.append("with jitter")
    if policy.retry_on != RETRIED:
        said.append(f"only after {' or '.join(sorted(policy.retry_on)) or 'nothing'}")
    return f"{times}: {', '.join(said)}"


def _growth(policy: RetryPolicy) -> list[str]:
    most = f"at most {_duration(policy.cap_seconds)}"
    if policy.multiplier == 1 or policy.max_retries == 1:
        return [most] if policy.delay_seconds > policy.cap_seconds else []
    return ["doubling" if policy.multiplier == 2 else f"times {policy.multiplier:g} each time", most]  # noqa: PLR2004


def _duration(seconds: int) -> str:
    for unit, length, least in (("h", 3_600, 3_600), ("min", 60, 120)):
        if seconds >= least and seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
