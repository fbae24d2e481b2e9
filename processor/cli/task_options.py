"""The options that say what a task is, shared by `tasks create` and `tasks update`."""

from typing import Annotated, Any, TypedDict, cast

import typer

from processor.errors import InvalidInput
from processor.rules.retry import HELPED
from processor.services.tasks import TaskFields


def _option(name: str, help_text: str, metavar: str | None = None) -> Any:
    return typer.Option(name, help=help_text, metavar=metavar)


Which = Annotated[
    str, typer.Argument(metavar="ID|NAME", help="The task: its id or 8 characters of its beginning, or its name.")
]
Description = Annotated[str | None, _option("--description", "For people; agents do not see it.")]
JobId = Annotated[
    str | None,
    typer.Option("--job-id", "--job", metavar="ID|NAME", help="The job that it belongs to: 'processor jobs list'."),
]
OfJob = Annotated[str | None, typer.Option("--job-id", "--job", metavar="ID|NAME", help="Only those of this job.")]
NoJob = Annotated[bool, _option("--no-job", "Take it out of its job; a sequential task becomes a manual one.")]
Every = Annotated[
    str | None, _option("--every", "Repeat at this interval: 30m, 4h, 2d; at least a minute.", "INTERVAL")
]
Start = Annotated[
    str | None, _option("--start", "With --every: the first time to run, which all others count from.", "INSTANT")
]
Cron = Annotated[str | None, _option("--cron", "Repeat by a cron expression of five fields.", "EXPRESSION")]
Timezone = Annotated[str | None, _option("--timezone", "With --cron: an IANA time zone; by default UTC.", "ZONE")]
At = Annotated[str | None, _option("--at", "Run once, at this instant.", "INSTANT")]
Watch = Annotated[
    str | None,
    _option(
        "--watch", "Run when files change: a file, a folder like in/ or a quoted pattern like '/data/**/*.csv'.", "PATH"
    ),
]
Settle = Annotated[
    int | None, _option("--settle", "With --watch: how long a changed file stands still; by default 60.", "SECONDS")
]
ScheduleType = Annotated[
    str | None,
    _option(
        "--schedule-type",
        "manual: when somebody asks; sequential: in its job's order; adaptive: as its agent proposes.",
        "TYPE",
    ),
]
MinInterval = Annotated[
    str | None, _option("--min-interval", "Of an adaptive task: the least time between its runs.", "INTERVAL")
]
MaxInterval = Annotated[
    str | None, _option("--max-interval", "Of an adaptive task: the longest time between its runs.", "INTERVAL")
]
Fallback = Annotated[
    str | None,
    _option(
        "--fallback",
        "Without a proposal of its agent: by --every or --cron as it is, the default, or less often while there is "
        "little to do.",
        "baseline|recent",
    ),
]
MaxRetries = Annotated[
    int | None,
    _option("--max-retries", "Starts after a failed one, 0 to 10; by default 3, for the steps of a job 0.", "N"),
]
RetryDelay = Annotated[int | None, _option("--retry-delay", "Before the first retry; by default 60.", "SECONDS")]
RetryMultiplier = Annotated[
    float | None,
    _option(
        "--retry-multiplier", "What the delay grows by with each, 1 to 10; by default 2, for the steps of a job 1.", "X"
    ),
]
RetryCap = Annotated[
    int | None, _option("--retry-cap", "No retry waits longer, whatever it grew to; by default 3600.", "SECONDS")
]
RetryJitter = Annotated[
    bool | None,
    _option(
        "--retry-jitter/--no-retry-jitter",
        "Wait for a random part of the delay, so that what failed together parts; by default yes, "
        "for the steps of a job no.",
    ),
]
RetryOn = Annotated[
    list[str] | None,
    _option(
        "--retry-on",
        f"A failure to retry: {', '.join(HELPED)}; repeat it for more; by default the first two.",
        "CLASS",
    ),
]
Misfire = Annotated[
    str | None, _option("--misfire", "About slots that were missed; by default what the store says.", "skip|latest|all")
]
Overlap = Annotated[
    str | None, _option("--overlap", "About a slot that comes while a run is open; by default skip.", "skip|queue")
]
Priority = Annotated[int | None, _option("--priority", "1 to 5, 1 goes first; by default 3.", "N")]
Model = Annotated[
    str | None,
    _option("--model", "economy, standard, strong, max, or a model's name; by default standard.", "PRESET|NAME"),
]
BudgetUsd = Annotated[str | None, _option("--budget-usd", "What one run may cost at most; by default 0.25.", "USD")]
MaxTurns = Annotated[int | None, _option("--max-turns", "Answers of the model in one run; by default 15.", "N")]
Timeout = Annotated[int | None, _option("--timeout", "Active time of one run; by default 300.", "SECONDS")]
Tool = Annotated[
    list[str] | None, _option("--tool", "A tool that the agent may use; repeat it for more; by default all.", "NAME")
]


class TaskOptions(TypedDict, total=False):
    """What both `create` and `update` take; an option that was not given is None."""

    description: Description
    job_id: JobId
    every: Every
    start: Start
    cron: Cron
    timezone: Timezone
    at: At
    watch: Watch
    settle: Settle
    schedule_type: ScheduleType
    min_interval: MinInterval
    max_interval: MaxInterval
    fallback: Fallback
    max_retries: MaxRetries
    retry_delay: RetryDelay
    retry_multiplier: RetryMultiplier
    retry_cap: RetryCap
    retry_jitter: RetryJitter
    retry_on: RetryOn
    misfire: Misfire
    overlap: Overlap
    priority: Priority
    model: Model
    budget_usd: BudgetUsd
    max_turns: MaxTurns
    timeout: Timeout
    tool: Tool


def fields(**options: Any) -> TaskFields:
    """The fields of a task that the options give; those that were not given are not there."""
    renamed = {
        "retry_delay": "retry_delay_seconds",
        "retry_cap": "retry_cap_seconds",
        "timeout": "timeout_seconds",
        "settle": "settle_seconds",
        "tool": "tools",
    }
    leaves_job = options.pop("no_job", None)
    if leaves_job and options.get("job_id") is not None:
        raise InvalidInput("--job-id and --no-job contradict each other: give one of them")
    found = {renamed.get(name, name): value for name, value in options.items() if value not in (None, [])}
    return cast("TaskFields", found | ({"job_id": None} if leaves_job else {}))
