"""What people say about a job: the input of `create` and `update`, and the check of all that is no schedule."""

from typing import Any, TypedDict, cast

from processor.errors import InvalidInput
from processor.models import Job
from processor.rules.sequence import JobStatus
from processor.services import checks
from processor.services.tasks.fields import TaskFields
from processor.services.tasks.timing import Timing, asked

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 20_000
SCHEDULE_TYPES = ("interval", "calendar", "once", "manual")
_TIMING = ("schedule_type", "every", "start", "cron", "timezone", "at")


class JobFields(TypedDict, total=False):
    """What a job may be given. A key that is not there keeps what is (on creation: the default)."""

    name: str
    description: str | None
    schedule_type: str | None
    """Only needed for `manual`, which takes the clock away; else `every`, `cron` or `at` says it."""
    every: str | int | None
    """An interval like `4h`, or seconds."""
    start: str | int | None
    """The instant that the interval counts from, ISO 8601 or epoch seconds; a slot itself."""
    cron: str | None
    timezone: str | None
    at: str | int | None
    """The one instant to run at."""
    status: str
    """`pending` or `cancelled`, on `update` alone."""


def checked(fields: JobFields) -> dict[str, Any]:
    """The columns that were given and are neither schedule nor status; raises InvalidInput."""
    if unknown := fields.keys() - JobFields.__annotations__:
        raise InvalidInput(f"A job has no {', '.join(sorted(unknown))}: leave it out")
    columns: dict[str, Any] = {}
    if "name" in fields:
        columns["name"] = checks.one_line(fields["name"], "name of a job", LONGEST_NAME)
    if "description" in fields:
        description = fields["description"] or ""
        columns["description"] = checks.text(description, "description of a job", LONGEST_DESCRIPTION)
    return columns


def checked_status(fields: JobFields) -> JobStatus | None:
    """The status that was asked for; raises InvalidInput for those that only passes give."""
    status = fields.get("status")
    if status not in (None, JobStatus.PENDING, JobStatus.CANCELLED):
        raise InvalidInput(
            f"The status {str(status)[:40]!r} cannot be set, it says how passes ended: "
            "pending resets a job, cancelled ends the pass that runs"
        )
    return None if status is None else JobStatus(status)


def asked_timing(
    fields: JobFields, now: int, current: Job | None = None, *, past_allowed: bool = False
) -> Timing | None:
    """The schedule that the fields ask for; None where they ask for no change.

    Raises InvalidInput where they contradict each other, InvalidSchedule where the schedule cannot be.
    """
    given = {name: value for name, value in fields.items() if name in _TIMING and value is not None}
    if "schedule_type" in given:
        checks.choice(given["schedule_type"], "schedule type of a job", SCHEDULE_TYPES)
    elif current is None and not given.keys() & {"every", "cron", "at"}:
        given["schedule_type"] = "manual"
    return asked(cast("TaskFields", given), now, current, past_allowed=past_allowed)
