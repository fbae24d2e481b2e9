"""The tool that reads on in a long list of changed files."""

from typing import Any

from pydantic import Field

from processor.agent.changed_files import within
from processor.agent.toolbox.tool import Arguments, Caller, Effect, Tool
from processor.storage import run_changes
from processor.storage.work import Work

MOST_LISTED = 200
LONGEST_PAGE = 6_000
"""Characters of the changes in one answer, so that none is cut."""


class ListChanges(Arguments):
    first: int = Field(default=1, ge=1, le=10_000_000, description="The number of the first change to list.")
    limit: int = Field(default=100, ge=1, le=MOST_LISTED, description="How many; less come if they are long.")


def _list(work: Work, caller: Caller, given: ListChanges) -> dict[str, Any]:
    of_run = (work, caller.store_id, caller.run_id)
    found = within(LONGEST_PAGE, run_changes.told(*of_run, limit=given.limit, skipped=given.first - 1))
    total = run_changes.count(*of_run)
    following = given.first + len(found)
    return {"changes": found, "total": total, "next": following if found and following <= total else None}


LIST_CHANGES = Tool(
    "list_changes",
    "In a run that was started by changed files, list them by path; next is the number to go on with.",
    ListChanges,
    Effect.READ,
    _list,
)
