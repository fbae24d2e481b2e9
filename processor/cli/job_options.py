"""The options that say what a job is, shared by `jobs create` and `jobs update`."""

from typing import Annotated, Any, cast

import typer

from processor.services.jobs import JobFields

Which = Annotated[
    str, typer.Argument(metavar="ID|NAME", help="The job: its id or 8 characters of its beginning, or its name.")
]
Description = Annotated[str | None, typer.Option("--description", help="For people; agents do not see it.")]
At = Annotated[str | None, typer.Option("--at", metavar="INSTANT", help="Run through the order once, at this instant.")]
ScheduleType = Annotated[
    str | None, typer.Option("--schedule-type", metavar="TYPE", help="manual: run only when somebody asks.")
]
Status = Annotated[
    str | None,
    typer.Option("--status", metavar="pending|cancelled", help="pending resets it; cancelled ends the pass that runs."),
]
EXAMPLE_ID = "0198c0de-0000-7000-8000-000000000001"
EXAMPLE_TASKS = ("0198c0de-0000-7000-8000-000000000002", "0198c0de-0000-7000-8000-000000000003")


def fields(**options: Any) -> JobFields:
    """The fields of a job that the options give; those that were not given are not there."""
    return cast("JobFields", {name: value for name, value in options.items() if value is not None})
